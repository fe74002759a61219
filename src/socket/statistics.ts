import { SocketCounter, type SocketPage } from '../memory/socket-page.js';

/** Of one socket, since it was bound. */
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

export function statisticsOf(page: SocketPage | undefined): SocketStatistics {
  const of = (counter: number) => page?.counters[counter] ?? 0;
  return {
    received: of(SocketCounter.Received),
    receivedBytes: of(SocketCounter.ReceivedBytes),
    dropped: of(SocketCounter.Dropped),
    sent: of(SocketCounter.Sent),
    sentBytes: of(SocketCounter.SentBytes),
    failed: of(SocketCounter.Failed),
    timestampsLost: of(SocketCounter.StampsLost),
  };
}
