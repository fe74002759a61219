import type { EchoSink, EchoWanted } from './echo-dispatch.js';
import type { Wanted } from './plan.js';
import type { Spin } from './shared.js';
import type { Tally } from './tally.js';
import type { Sink } from './trace-dispatch.js';

const LOOK_MS = 500;

export interface SessionOptions {
  readonly device: string;
  readonly stateFile: string;
  readonly runRoot: string;
  readonly wanted: readonly Wanted[];
  readonly spin: Spin | undefined;
  readonly cpu: string | undefined;
  readonly priority: number | undefined;
  /** Milliseconds between two looks at the counters; default 500. */
  readonly lookMs?: number;
  readonly sink: Sink;
  /** Echo requests to send besides; called anew for each worker that they run on. `enough`: no more of them, while replies are still told. */
  readonly echoes?: { wanted(): EchoWanted; readonly sink: EchoSink; readonly enough: AbortSignal };
  /** Whether a running worker of the device may be joined; if not, it is an error. */
  readonly mayAttach: boolean;
  /** Ends the session in good order. */
  readonly signal: AbortSignal;
  /** Called once, when the services run for the first time. */
  readonly onStarted: (how: 'worker' | 'attached') => void;
  /** Called after every look at the counters. */
  readonly onTally: (tally: Tally) => void;
}

export const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Looks at the counters now and then while `until` is pending, and once more at its end. */
export async function tallying(o: SessionOptions, tally: Tally, until: Promise<unknown>): Promise<void> {
  const look = () => {
    tally.look();
    o.onTally(tally);
  };
  const timer = setInterval(look, o.lookMs ?? LOOK_MS);
  try {
    await until;
  } finally {
    clearInterval(timer);
    look();
  }
}

/** Counters of the ports that the services run on. */
export const slotsOf = (
  ports: readonly { readonly ifname: string; readonly vid?: number }[],
  wanted: readonly Wanted[],
): number[] =>
  ports.filter((p) => wanted.some((w) => w.port === undefined || w.port === p.ifname)).map((p) => p.vid ?? 0);
