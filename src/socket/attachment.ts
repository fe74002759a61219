// What joins this process to the worker of a device: one connection for all its sockets, gone when the last of them is.
import { isMainThread } from 'node:worker_threads';
import { type ControlClient, connect } from '../control/client.js';
import { runRoot, workerFolder } from '../control/run-folder.js';
import { EvlnetError } from '../errors.js';
import type { StatePath } from '../state/path.js';
import { emitWarning } from '../warning.js';
import { isStanding, runSession } from '../worker/session.js';
import type { SocketBinding } from '../worker/shared.js';
import type { OpenedSocket } from '../worker/sockets.js';
import { startWorkerProcess } from '../worker/worker-process.js';

/** A worker that starts or ends is waited for that long. */
export const PATIENCE_MS = 3000;
export const RETRY_MS = 5;

const attachments = new Map<string, Promise<Attachment>>();

export class Attachment {
  #users = 0;
  #isForgotten = false;
  #isGone = false;
  readonly #onGone = new Set<() => void>();

  private constructor(
    readonly folder: string,
    readonly client: ControlClient,
    /** Ends the worker, where it is in this process. */
    readonly end: () => void,
  ) {
    client.unref();
    void client.closed.then(() => {
      this.#isGone = true;
      this.#forget();
      // Each by itself: what one throws keeps no other from being told.
      for (const listener of this.#onGone) queueMicrotask(listener);
    });
  }

  /** The one of the device, made if need be; each user must `release` it. A worker in this process keeps it alive: `mayBeWorker`. */
  static async to(device: string, state: StatePath, mayBeWorker: boolean): Promise<Attachment> {
    const folder = workerFolder(runRoot(state), device);
    let attachment = attachments.get(folder);
    if (attachment === undefined) {
      attachment = join(device, state, folder, mayBeWorker).then(
        ({ client, end }) => new Attachment(folder, client, end),
      );
      attachments.set(folder, attachment);
      attachment.catch(() => attachments.delete(folder));
    }
    const found = await attachment;
    found.#users++;
    return found;
  }

  async open<B extends SocketBinding>(request: Record<string, unknown>): Promise<OpenedSocket<B>> {
    // Nobody would use it, and its UDP port would be taken.
    const undo = (opened: unknown) => void this.closeSocket((opened as OpenedSocket).id).catch(() => {});
    return (await this.client.request('open-socket', request, undefined, undo)) as OpenedSocket<B>;
  }

  /** However long the worker takes to come to it. */
  async closeSocket(id: number): Promise<void> {
    await this.client.request('close-socket', { socket: id }, Infinity);
  }

  /** Calls `listener` when the worker is gone; returns what ends that: a promise would keep each socket for as long as the connection. */
  onGone(listener: () => void): () => void {
    if (this.#isGone) queueMicrotask(listener);
    else this.#onGone.add(listener);
    return () => void this.#onGone.delete(listener);
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#forget();
    this.client.close();
    this.end();
  }

  /** The next socket makes another one, which must stay when this one is released. */
  #forget(): void {
    if (!this.#isForgotten) attachments.delete(this.folder);
    this.#isForgotten = true;
  }
}

/** Reaches the worker that runs, or becomes it. */
async function join(
  device: string,
  state: StatePath,
  folder: string,
  mayBeWorker: boolean,
): Promise<{ client: ControlClient; end: () => void }> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return { client: await connect(folder), end() {} };
    } catch (error) {
      if (!isCode(error, 'EVL_NO_WORKER')) throw error;
      // A session of this process takes the place anyway, with the options that its user gave it.
      const end = isStanding(folder)
        ? (error as Error)
        : await begin(device, state, mayBeWorker).catch((e: unknown) => e as Error);
      if (typeof end === 'function') return { client: await connect(folder), end };
      // Another one was faster, and does not listen yet.
      const isStarting = end === error || isCode(end, 'EVL_WORKER_RUNNING');
      if (!isStarting || Date.now() > until) throw end;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

const isCode = (error: unknown, code: string): boolean => error instanceof EvlnetError && error.code === code;

/**
 * A worker in this process; or in one of its own, for a thread, which may be terminated, and for sockets that let the program end. Resolves, with
 * what ends it, once it listens.
 */
function begin(device: string, state: StatePath, mayBeWorker: boolean): Promise<() => void> {
  if (!isMainThread || !mayBeWorker) {
    const options = { device, stateFile: state.file, runRoot: runRoot(state) };
    return startWorkerProcess(options, emitWarning, mayBeWorker);
  }
  const over = new AbortController();
  return new Promise((resolve, reject) => {
    runSession({
      device,
      stateFile: state.file,
      runRoot: runRoot(state),
      wanted: [],
      spin: undefined,
      cpu: undefined,
      priority: undefined,
      sink: {
        trace() {},
        suppressed() {},
        warning: emitWarning,
      },
      mayAttach: false,
      signal: over.signal,
      onStarted: () => resolve(() => over.abort()),
      onTally() {},
    }).catch(reject);
  });
}
