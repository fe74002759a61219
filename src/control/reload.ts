import { realpathSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { connect, isGone } from './client.js';
import { fromFailure } from './messages.js';
import { isStill, listWorkers, type WorkerEntry } from './run-folder.js';

/** How long a command waits for all workers together before it warns. */
const RELOAD_MS = 1000;
const RETRY_MS = 20;

/** A worker that was asked to follow the state; with `error`, one that did not say that it does. */
export interface Reloaded {
  device: string;
  pid: number;
  error?: EvlnetError;
  /** It follows, but does not run the filter that is recorded. */
  filterError?: EvlnetError;
}

/**
 * Asks every live worker that follows `stateFile`, in all namespaces, to put `rev` into effect, and waits `timeoutMs`
 * in all for their word. A worker that ends meanwhile is none.
 */
export async function broadcastReload(
  root: string,
  rev: number,
  stateFile: string,
  timeoutMs = RELOAD_MS,
): Promise<Reloaded[]> {
  const end = performance.now() + timeoutMs;
  const workers = listWorkers(root).filter(
    ({ alive, identity }) => alive && isSame(identity.state, stateFile),
  );
  const answers = await Promise.all(workers.map((worker) => reload(worker, rev, end)));
  return answers.filter((answer) => answer !== undefined);
}

// A state file may have two names, one of them a symbolic link.
function isSame(one: string, other: string): boolean {
  try {
    return one === other || realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

async function reload(worker: WorkerEntry, rev: number, end: number): Promise<Reloaded | undefined> {
  const { device, identity, folder } = worker;
  const { pid } = identity;
  for (;;) {
    try {
      const filterError = await confirm(folder, rev, end);
      return { device, pid, ...(filterError ? { filterError } : {}) };
    } catch (error) {
      if (!(error instanceof EvlnetError)) throw error;
      // One that ends says so, or just ends the connection; the next one, perhaps of the same process, reads the state as it is now.
      if (isGone(error) || !isStill(worker)) return undefined;
      // One that is starting has a folder but no socket yet, and may have read the state before it changed.
      const isStarting = error.code === 'EVL_NO_WORKER' && end - performance.now() > RETRY_MS;
      if (!isStarting) return { device, pid, error };
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

/** Resolves with what keeps the worker from running its filter, if anything does. */
async function confirm(folder: string, rev: number, end: number): Promise<EvlnetError | undefined> {
  const left = () => Math.max(1, Math.round(end - performance.now()));
  const worker = await connect(folder, { timeoutMs: left() });
  try {
    const reply = await worker.request('reload', { rev }, left());
    if (reply.rev >= rev) return reply.filter && fromFailure(reply.filter);
    throw new EvlnetError(
      'EVL_WORKER_BEHIND',
      `Cannot put revision ${rev} of the state into effect: the worker is at ${reply.rev}`,
    );
  } finally {
    worker.close();
  }
}
