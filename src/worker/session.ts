import { isMainThread } from 'node:worker_threads';
import { type ControlClient, connect, isGone } from '../control/client.js';
import { fromFailure, type WorkerStatus } from '../control/messages.js';
import { claimFolder, workerFolder } from '../control/run-folder.js';
import { EvlnetError } from '../errors.js';
import { ownIdentity } from '../linux/process.js';
import type { Echo } from '../memory/echo-page.js';
import { readState } from '../state/file.js';
import { type DriverChoice, deviceOptions } from '../state/schema.js';
import { aborted, type SessionOptions, slotsOf, tallying } from './session-options.js';
import { type Spawned, spawnFor } from './spawn.js';
import { Tally } from './tally.js';
import type { TraceRecord } from './trace-record.js';
import { startWorkerProcess } from './worker-process.js';

/** Run folders of the sessions of this process that become the worker where there is none. */
const standing = new Map<string, number>();

/** Whether this process becomes the worker of that run folder by itself, or is it. */
export const isStanding = (folder: string): boolean => standing.has(folder);

const RETRY_MS = 5;
/** A module of a user's own may take its time to load. */
const ATTACH_MS = 12_000;

/** Most of what a worker loads, and what an attached session never needs. */
const loadWorker = () => import('./session-worker.js');

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
  // A thread never is the worker itself: it has one started, and is attached to it.
  let endProcess: (() => void) | undefined;
  if (o.mayAttach) standing.set(folder, (standing.get(folder) ?? 0) + 1);
  try {
    while (!o.signal.aborted) {
      const claim = isMainThread ? tryClaim(o, folder) : undefined;
      if (claim === undefined || claim instanceof EvlnetError) {
        if (claim && !o.mayAttach) throw claim;
        const client = await connect(folder, { timeoutMs: 1000 }).catch(() => undefined);
        const status = client && (await statusOf(client).catch(unlessGone));
        if (client && status) {
          const { driver, ports } = status;
          // Its successor will most probably have that driver too.
          if (isMainThread) {
            standby ??= spawnFor(driver === 'pcap' ? 'pcap' : 'xdp');
            void loadWorker();
          }
          tally.follow(folder, slotsOf(ports, o.wanted));
          await attached(o, client, tally, () => started('attached')).catch(unlessGone);
        } else if (!isMainThread)
          endProcess = await startWorkerProcess(o, (message, hint) => o.sink.warning(message, hint)).catch(
            unlessTaken,
          );
        // The other one is starting, or going: neither takes long.
        else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        continue;
      }
      try {
        // It loads at the same time as this side does.
        standby ??= spawnFor(recordedDriver(o));
        const { asWorker } = await loadWorker();
        const spawned = standby;
        standby = undefined;
        await asWorker(o, folder, spawned, tally, () => started('worker'));
      } finally {
        claim.release();
      }
    }
    return tally;
  } finally {
    if (o.mayAttach) leave(folder);
    endProcess?.();
    await standby?.discard();
  }
}

function leave(folder: string): void {
  const left = standing.get(folder)! - 1;
  if (left === 0) standing.delete(folder);
  else standing.set(folder, left);
}

/** A worker that is killed closes its connections first and its socket last: who was reached may be going all the same. */
function unlessGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}

/** Another one was faster: it will do. */
function unlessTaken(error: unknown): undefined {
  if (!(error instanceof EvlnetError && error.code === 'EVL_WORKER_RUNNING')) throw error;
}

const statusOf = async (client: ControlClient): Promise<WorkerStatus> =>
  (await client.request('status', {}, 1000)) as unknown as WorkerStatus;

/** What the worker will read again: what is wrong with the file is told here. */
const recordedDriver = (o: SessionOptions): DriverChoice => {
  const onWarning = (message: string, hint?: string) => o.sink.warning(message, hint);
  return deviceOptions(readState(o.stateFile, { onWarning }), o.device).driver;
};

function tryClaim(o: SessionOptions, folder: string): { release(): void } | EvlnetError {
  try {
    return claimFolder(folder, { ...ownIdentity(), device: o.device, state: o.stateFile });
  } catch (error) {
    if (error instanceof EvlnetError && error.code === 'EVL_WORKER_RUNNING') return error;
    throw error;
  }
}

async function attached(
  o: SessionOptions,
  client: ControlClient,
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
    for (const wanted of o.wanted) await client.request('attach', { wanted }, ATTACH_MS);
    if (o.echoes) {
      await client.request('ping', { wanted: o.echoes.wanted() }, 2000);
      void aborted(o.echoes.enough).then(() => client.request('ping-enough').catch(() => {}));
    }
    started();
    await tallying(o, tally, Promise.race([aborted(o.signal), client.closed]));
  } finally {
    client.close();
  }
}
