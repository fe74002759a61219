import { runRoot } from '../../control/run-folder.js';
import type { Echo } from '../../memory/echo-page.js';
import { runSession } from '../../worker/session.js';
import type { Context } from '../context.js';
import { workerArguments } from '../worker-arguments.js';
import type { EchoPath } from './path.js';
import { Progress } from './progress.js';

const LONGEST_END_MS = 2000;

/** What to send, and whom to tell. */
export interface Requests {
  readonly size: number;
  readonly count: number | undefined;
  readonly intervalNs: number;
  readonly isFlood: boolean;
  /** The first one, which may wait for ARP, is in no numbers. */
  readonly warmsUp: boolean;
  /** Datagrams to that UDP port instead of ICMP requests. */
  readonly udpPort?: number | undefined;
  /** Aborted, it ends them at once; aborts when all is over. */
  readonly end: AbortController;
  /** The first request is about to be sent. */
  onBegin(): void;
  /** Told now and then; `totals` by EchoTotal. */
  onAnswers(totals: readonly number[], echoes: readonly Echo[]): void;
}

/** What became of them. */
export interface RequestsResult {
  /** By EchoTotal. */
  readonly totals: readonly number[];
  /** From the first request to the last packet, as ping(8) has it. */
  readonly timeMs: number;
  /** The time of -w ended before -c was reached. */
  readonly isShort: boolean;
}

/** Sends echo requests out-of-band until Ctrl-C, -c or -w, and waits for the last replies: as the worker of the base device, or at the one that runs. */
export async function sendRequests(context: Context, path: EchoPath, o: Requests): Promise<RequestsResult> {
  const { arguments: given, io } = context;
  const { route, destination, state } = path;
  const { size, count, intervalNs, isFlood, warmsUp, udpPort, end } = o;
  const deadline = given.number('deadline');
  const progress = new Progress(count);
  let startMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const enough = new AbortController();
  const stop = () => {
    if (startMs === undefined) {
      end.abort();
      return;
    }
    progress.enough(Date.now());
    enough.abort();
    clearTimeout(timer);
    // A worker that tells nothing any more is not waited for.
    timer = setTimeout(() => end.abort(), LONGEST_END_MS);
  };
  io.stop().addEventListener('abort', stop, { once: true });
  if (io.stop().aborted) end.abort();
  try {
    await runSession({
      ...workerArguments(given, state.services[route.base]),
      device: route.base,
      stateFile: context.state.file,
      runRoot: runRoot(context.state),
      wanted: [],
      echoes: {
        enough: enough.signal,
        wanted() {
          if (startMs === undefined) {
            startMs = Date.now();
            if (deadline !== undefined) timer = setTimeout(stop, deadline * 1000);
            o.onBegin();
          }
          progress.begin();
          return {
            port: route.ifname,
            destination,
            size,
            count: count === undefined ? undefined : Math.max(1, count - progress.sent),
            intervalNs,
            isFlood,
            warmsUp,
            udpPort,
            sequence: progress.sent + 1,
          };
        },
        sink(totals, echoes) {
          progress.look(totals, Date.now());
          o.onAnswers(progress.totals, echoes);
          if (progress.isOver(Date.now())) end.abort();
        },
      },
      sink: { trace() {}, suppressed() {}, warning: (message, hint) => context.warn(message, hint) },
      mayAttach: true,
      signal: end.signal,
      onStarted() {},
      onTally() {},
    });
  } finally {
    clearTimeout(timer);
  }
  const { totals } = progress;
  const isShort = count !== undefined && deadline !== undefined && progress.received < count;
  return { totals, timeMs: progress.timeSince(startMs ?? 0), isShort };
}
