import { type ControlClient, connect } from '../control/client.js';
import { fromFailure } from '../control/messages.js';
import { claimFolder, workerFolder } from '../control/run-folder.js';
import type { ControlServer } from '../control/server.js';
import { EvlnetError } from '../errors.js';
import { ownIdentity } from '../linux/process.js';
import type { Echo } from '../memory/echo-page.js';
import type { DriverChoice } from '../state/schema.js';
import { serveControl } from './control-server.js';
import type { EchoSink, EchoWanted } from './echo-dispatch.js';
import { InBand } from './in-band.js';
import type { Wanted } from './plan.js';
import type { Spin } from './shared.js';
import { type Spawned, spawnFor } from './spawn.js';
import { Tally } from './tally.js';
import type { Sink } from './trace-dispatch.js';
import type { TraceRecord } from './trace-record.js';

/** Run folders of the sessions of this process that become the worker where there is none. */
const standing = new Map<string, number>();

/** Whether this process becomes the worker of that run folder by itself, or is it. */
export const isStanding = (folder: string): boolean => standing.has(folder);

const LOOK_MS = 500;
const RETRY_MS = 5;
/** A module of a user's own may take its time to load. */
const ATTACH_MS = 12_000;

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
  /** Echo requests to send besides; called anew for each worker that they run on. */
  readonly echoes?: { wanted(): EchoWanted; readonly sink: EchoSink };
  /** Whether a running worker of the device may be joined; if not, it is an error. */
  readonly mayAttach: boolean;
  /** Ends the session in good order. */
  readonly signal: AbortSignal;
  /** Called once, when the services run for the first time. */
  readonly onStarted: (how: 'worker' | 'attached') => void;
  /** Called after every look at the counters. */
  readonly onTally: (tally: Tally) => void;
}

/**
 * Runs services on a device until `signal` aborts: as its worker if there is none, else attached to the one that runs; and
 * when that one ends, as its successor.
 */
export async function runSession(o: SessionOptions): Promise<Tally> {
  const tally = new Tally();
  const folder = workerFolder(o.runRoot, o.device);
  let onStarted: SessionOptions['onStarted'] | undefined = o.onStarted;
  const started = (how: 'worker' | 'attached') => {
    onStarted?.(how);
    onStarted = undefined;
  };
  // Who is attached is the next worker: its out-of-band side stands by, so that nothing has to be loaded when the other one ends.
  let standby: Spawned | undefined;
  if (o.mayAttach) standing.set(folder, (standing.get(folder) ?? 0) + 1);
  try {
    while (!o.signal.aborted) {
      const claim = tryClaim(o, folder);
      if (claim instanceof EvlnetError) {
        if (!o.mayAttach) throw claim;
        const client = await connect(folder, { timeoutMs: 1000 }).catch(() => undefined);
        if (client) {
          standby ??= spawnFor(await driverOf(client));
          await attached(o, client, folder, tally, () => started('attached'));
        }
        // The other one is starting, or going: neither takes long.
        else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        continue;
      }
      try {
        const side = standby;
        standby = undefined;
        await asWorker(o, folder, side, tally, () => started('worker'));
      } finally {
        claim.release();
      }
    }
    return tally;
  } finally {
    if (o.mayAttach) leave(folder);
    await standby?.discard();
  }
}

function leave(folder: string): void {
  const left = standing.get(folder)! - 1;
  if (left === 0) standing.delete(folder);
  else standing.set(folder, left);
}

/** The driver that a running worker has, which its successor will most probably have too. */
const driverOf = async (client: ControlClient): Promise<DriverChoice> =>
  (await client.request('status', {}, 1000)).driver === 'pcap' ? 'pcap' : 'xdp';

function tryClaim(o: SessionOptions, folder: string): { release(): void } | EvlnetError {
  try {
    return claimFolder(folder, { ...ownIdentity(), device: o.device, state: o.stateFile });
  } catch (error) {
    if (error instanceof EvlnetError && error.code === 'EVL_WORKER_RUNNING') return error;
    throw error;
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Looks at the counters now and then while `until` is pending, and once more at its end. */
async function tallying(o: SessionOptions, tally: Tally, until: Promise<unknown>): Promise<void> {
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

async function asWorker(
  o: SessionOptions,
  folder: string,
  standby: Spawned | undefined,
  tally: Tally,
  started: () => void,
): Promise<void> {
  const worker = await InBand.start(
    {
      device: o.device,
      stateFile: o.stateFile,
      folder,
      spin: o.spin,
      cpu: o.cpu,
      priority: o.priority,
      onWarning: (message, hint) => o.sink.warning(message, hint),
    },
    standby,
  );
  const pause = () => {
    worker.pause();
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = () => worker.resume();
  // Whatever ends this process must first end the diversion: the traffic of a dying worker belongs in-band.
  const lost = () => worker.pause();
  process.on('SIGTSTP', pause).on('SIGCONT', resume).on('exit', lost);
  let control: ControlServer | undefined;
  try {
    control = await serveControl(folder, worker);
    for (const wanted of o.wanted) await worker.serve(wanted, o.sink);
    if (o.echoes) await worker.ping(o.echoes.wanted(), o.echoes.sink);
    tally.follow(folder, slotsOf(worker, o.wanted));
    started();
    await tallying(o, tally, Promise.race([aborted(o.signal), worker.ended]));
  } finally {
    await worker.stop();
    // Closed last: who is attached sees it, and finds the device free.
    await control?.close();
    process.off('SIGTSTP', pause).off('SIGCONT', resume).off('exit', lost);
  }
  const failure = await worker.ended;
  if (failure) throw failure;
}

/** Counters of the ports that the services run on. */
const slotsOf = (worker: InBand, wanted: readonly Wanted[]): number[] =>
  worker.ports
    .filter((p) => wanted.some((w) => w.port === undefined || w.port === p.ifname))
    .map((p) => p.vid);

async function attached(
  o: SessionOptions,
  client: ControlClient,
  folder: string,
  tally: Tally,
  started: () => void,
): Promise<void> {
  client.onEvent((event) => {
    if (event.event === 'trace') o.sink.trace(event.record as TraceRecord);
    else if (event.event === 'suppressed') o.sink.suppressed(Number(event.count));
    else if (event.event === 'echoes') o.echoes?.sink(event.totals as number[], event.echoes as Echo[]);
    else if (event.event === 'service-failed') o.sink.failed?.(fromFailure(event.error));
    else if (event.event === 'warning')
      o.sink.warning(String(event.message), event.hint as string | undefined);
  });
  try {
    const slots: number[] = [];
    for (const wanted of o.wanted) {
      const answer = (await client.request('attach', { wanted }, ATTACH_MS)) as { slots: number[] };
      slots.push(...answer.slots);
    }
    if (o.echoes) await client.request('ping', { wanted: o.echoes.wanted() }, 2000);
    tally.follow(folder, [...new Set(slots)]);
    started();
    await tallying(o, tally, Promise.race([aborted(o.signal), client.closed]));
  } finally {
    client.close();
  }
}
