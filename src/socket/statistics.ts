import { SocketCounter, type SocketPage } from '../memory/socket-page.js';

/** Of one socket, since it was bound, at all its workers. */
export interface SocketStatistics {
  readonly received: number;
  readonly receivedBytes: number;
  /** Datagrams or frames that found no room in the receive buffer. */
  readonly dropped: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly failed: number;
  /** Sent, but the event `timestamp` is missing: they were not read in time, or too many were under way. */
  readonly timestampsLost: number;
}

/** What its page counts, beyond what was counted `before` at workers that are gone. */
export function statisticsOf(page: SocketPage | undefined, before?: SocketStatistics): SocketStatistics {
  const of = (key: keyof SocketStatistics, counter: number) =>
    (before?.[key] ?? 0) + (page?.counters[counter] ?? 0);
  return {
    received: of('received', SocketCounter.Received),
    receivedBytes: of('receivedBytes', SocketCounter.ReceivedBytes),
    dropped: of('dropped', SocketCounter.Dropped),
    sent: of('sent', SocketCounter.Sent),
    sentBytes: of('sentBytes', SocketCounter.SentBytes),
    failed: of('failed', SocketCounter.Failed),
    timestampsLost: of('timestampsLost', SocketCounter.StampsLost),
  };
}
