import { connect as connectSocket, type Socket } from 'node:net';
import { EvlnetError } from '../errors.js';
import { Lines } from './lines.js';
import { type Command, decode, type Event, encode, fromFailure, type Replies } from './messages.js';
import { deviceOf } from './run-folder.js';
import { SOCKET, type SocketPath, socketPath } from './socket-path.js';

const TIMEOUT_MS = 5000;

/** A connection to a worker. It keeps the process alive until it is closed. */
export interface ControlClient {
  /**
   * What the worker answers to `cmd`. Rejects with the worker's own error, EVL_WORKER_SILENT after `timeoutMs` (5 s;
   * Infinity is allowed), EVL_WORKER_GONE when the connection ends before. A worker that comes to it later than that does not do it; where it
   * had begun, `onLate` gets its answer.
   */
  request<C extends string>(
    cmd: C,
    args?: Record<string, unknown>,
    timeoutMs?: number,
    onLate?: (value: unknown) => void,
  ): Promise<C extends Command ? Replies[C] : unknown>;
  /** Calls `listener` with each event; returns what ends that. Events without a listener are lost. */
  onEvent(listener: (event: Event) => void): () => void;
  close(): void;
  /** From now on it does not keep the process alive. */
  unref(): void;
  /** Settles, without an error, when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
}

/** Whether the worker ended before it answered. */
export const isGone = (error: unknown): boolean =>
  error instanceof EvlnetError && error.code === 'EVL_WORKER_GONE';

/**
 * Connects to the worker of that run folder. Rejects with EVL_NO_WORKER (no socket, or nobody behind it),
 * EVL_PERMISSION, EVL_WORKER_SILENT.
 */
export async function connect(
  folder: string,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<ControlClient> {
  const device = deviceOf(folder);
  let place: SocketPath;
  try {
    place = socketPath(folder, SOCKET);
  } catch (error) {
    throw refused(device, error as NodeJS.ErrnoException);
  }
  try {
    return client(device, await opened(device, place.path, timeoutMs));
  } finally {
    place.close();
  }
}

function opened(device: string, path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connectSocket({ path });
    const timer = after(timeoutMs, () => {
      socket.destroy();
      fail(silent(device, 'a connection', timeoutMs));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      done(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      fail(refused(device, error));
    });
  });
}

interface Pending {
  done(value: unknown): void;
  fail(error: EvlnetError): void;
}

function client(device: string, socket: Socket): ControlClient {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: Event) => void>();
  const lines = new Lines();
  let lastId = 0;
  let isClosed = false;

  const take = (line: string) => {
    const message = decode(line);
    if (message === undefined) {
      socket.destroy();
    } else if (typeof message.event === 'string') {
      for (const listener of listeners) listener(message as Event);
    } else {
      const request = pending.get(message.id as number);
      pending.delete(message.id as number);
      if ('error' in message) request?.fail(fromFailure(message.error));
      else request?.done(message.ok);
    }
  };
  socket.on('data', (chunk: Buffer) => {
    if (!lines.push(chunk, take)) socket.destroy();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((done) => {
    socket.once('close', () => {
      isClosed = true;
      for (const { fail } of pending.values()) fail(gone(device));
      pending.clear();
      done();
    });
  });

  return {
    closed,
    close: () => void socket.destroy(),
    unref: () => void socket.unref(),
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    request(cmd, args = {}, timeoutMs = TIMEOUT_MS, onLate = () => {}) {
      const id = ++lastId;
      return new Promise((done, fail) => {
        if (isClosed || !socket.writable) {
          fail(gone(device));
          return;
        }
        const giveUp = () => {
          if (!pending.has(id)) return;
          pending.set(id, { done: onLate, fail() {} });
          fail(silent(device, `"${cmd}"`, timeoutMs));
        };
        // Where this program itself computed for that long, the answer is there to be read.
        const timer = after(timeoutMs, () => setImmediate(giveUp));
        pending.set(id, {
          done(value) {
            clearTimeout(timer);
            done(value as never);
          },
          fail(error) {
            clearTimeout(timer);
            fail(error);
          },
        });
        socket.write(encode({ ...args, id, cmd, ...(timer ? { until: Date.now() + timeoutMs } : {}) }));
      });
    },
  };
}

// setTimeout takes what it cannot hold, Infinity among it, for one millisecond.
const after = (ms: number, act: () => void) => (ms < 2 ** 31 ? setTimeout(act, ms) : undefined);

function refused(device: string, error: NodeJS.ErrnoException): EvlnetError {
  const details = { cause: error, ...(error.errno === undefined ? {} : { errno: Math.abs(error.errno) }) };
  const act = `Cannot reach the worker of "${device}"`;
  switch (error.code) {
    case 'ENOENT':
      return new EvlnetError('EVL_NO_WORKER', `${act}: there is none`, {
        hint: `evlnet run ${device}`,
        ...details,
      });
    case 'ECONNREFUSED':
    // It ended with our connection in its backlog.
    case 'ECONNRESET':
      return new EvlnetError('EVL_NO_WORKER', `${act}: it died`, {
        hint: `evlnet run ${device}`,
        ...details,
      });
    case 'EACCES':
    case 'EPERM':
      return new EvlnetError('EVL_PERMISSION', `${act}: permission denied (${error.code})`, {
        hint: 'run as root, or as the user that started the worker, or with a state file of your own (EVLNET_STATE)',
        ...details,
      });
    default:
      return new EvlnetError('EVL_CONTROL', `${act}: ${error.message}`, details);
  }
}

const silent = (device: string, what: string, timeoutMs: number) =>
  new EvlnetError(
    'EVL_WORKER_SILENT',
    `Cannot reach the worker of "${device}": no answer to ${what} within ${timeoutMs} ms`,
    { hint: 'it may be stopped (SIGSTOP) or hung: end it and start it again' },
  );

const gone = (device: string) =>
  new EvlnetError('EVL_WORKER_GONE', `Cannot reach the worker of "${device}": it ended the connection`);
