import { runRoot } from '../control/run-folder.js';
import { readState } from '../state/file.js';
import { runSession } from '../worker/session.js';
import type { Context } from './context.js';
import { workerArguments } from './worker-arguments.js';

/** What sockets of every kind are made with. */
interface CommonOptions {
  readonly ifname?: string;
  readonly state?: string;
}

/**
 * Has a socket that `make` makes on the base device until `use` resolves; as its worker or beside the one that runs. `stop` aborts when the command is told
 * to end.
 */
export async function withSocketOf<S extends AsyncDisposable>(
  context: Context,
  device: string,
  make: (options: CommonOptions) => S,
  use: (socket: S, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const { arguments: given, globals, io } = context;
  const state = readState(context.state.file, context.stateOptions);
  const over = new AbortController();
  let started = () => {};
  const isUp = new Promise<void>((resolve) => {
    started = resolve;
  });
  const session = runSession({
    ...workerArguments(given, state.services[device]),
    device,
    stateFile: context.state.file,
    runRoot: runRoot(context.state),
    wanted: [],
    sink: { trace() {}, suppressed() {}, warning: (message, hint) => context.warn(message, hint) },
    mayAttach: true,
    signal: over.signal,
    onStarted: () => started(),
    onTally() {},
  });
  const stop = io.stop();
  try {
    await Promise.race([isUp, session, aborted(stop)]);
    if (stop.aborted) return;
    const ifname = given.text('interface');
    const socket = make({
      ...(ifname === undefined ? {} : { ifname }),
      ...(globals.state === undefined ? {} : { state: globals.state }),
    });
    try {
      await Promise.race([use(socket, stop), session]);
    } finally {
      await socket[Symbol.asyncDispose]();
    }
  } finally {
    over.abort();
    await session;
  }
}

/** Resolves when `signal` aborts. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
