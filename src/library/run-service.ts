import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkArgument, checkOptions, type Kinds, wrongArgument } from '../call-arguments.js';
import { runRoot } from '../control/run-folder.js';
import { EvlnetError } from '../errors.js';
import { links } from '../linux/link.js';
import { readState } from '../state/file.js';
import { statePath } from '../state/path.js';
import { placePort } from '../state/place.js';
import { emitWarning } from '../warning.js';
import { runSession } from '../worker/session.js';

/** How a service runs, and where. */
export interface RunServiceOptions<O = unknown> {
  /** The port whose packets it gets, such as `eth0.42`. */
  readonly ifname: string;
  /** For the function that `defineService` was given, as JSON has them. */
  readonly options?: O;
  /** Ends the service. */
  readonly signal?: AbortSignal;
  /** State file; default as for the command line. */
  readonly state?: string;
  /** Of the worker, where this program becomes it: empty turns before it sleeps; default about 50 µs of them. */
  readonly spin?: number | 'always';
  /** Of the worker, where this program becomes it: CPUs for the out-of-band thread, such as `1-2`. */
  readonly cpu?: string;
  /** Of the worker, where this program becomes it: SCHED_FIFO priority; not with `spin: 'always'`. */
  readonly priority?: number;
  /** Told what a worker warns of; default a warning of the process, of type `EvlnetWarning`. */
  readonly onWarning?: (message: string, hint?: string) => void;
}

/** A service of one's own that runs. */
export interface RunningService extends AsyncDisposable {
  /** Whether this program is the worker of the device, or joined the one that runs. */
  readonly role: 'worker' | 'attached';
  /** Resolves when the service has ended as it was told to; rejects with EVL_SERVICE_FAILED when it threw, or with why the worker ended. */
  readonly ended: Promise<void>;
  /** Ends it; resolves once it has. */
  close(): Promise<void>;
}

/**
 * Runs the service of a module (see `defineService`) out-of-band: in the worker of the port's device, which this program becomes where none
 * runs, and again when that one ends. Resolves once the service gets packets. A module file that has changed is loaded anew.
 */
export async function runService<O = unknown>(
  module: URL | string,
  o: RunServiceOptions<O>,
): Promise<RunningService> {
  if (!(module instanceof URL)) checkArgument('module', module, 'string');
  checkOptions(o, OPTIONS);
  checkArgument('ifname', o.ifname, 'string');
  if (o.spin !== undefined && o.spin !== 'always' && !(Number.isInteger(o.spin) && o.spin >= 0))
    throw wrongArgument('spin', o.spin, 'must be a whole number or always');
  o.signal?.throwIfAborted();
  if (o.priority !== undefined && o.spin === 'always')
    throw new EvlnetError(
      'EVL_PRIORITY_SPIN',
      'Cannot use a priority with spin always: the kernel stops a SCHED_FIFO thread that never sleeps for 50 ms each second',
      { hint: 'leave out spin, or give it a number of turns' },
    );
  const state = statePath(o.state);
  const entry = readState(state.file).ports[o.ifname];
  if (entry === undefined)
    throw new EvlnetError('EVL_NO_PORT', `Cannot find an enabled port "${o.ifname}"`, {
      hint: `evlnet port enable ${o.ifname}`,
    });
  const over = new AbortController();
  const end = () => over.abort();
  o.signal?.addEventListener('abort', end, { once: true });
  let failure: EvlnetError | undefined;
  let started: (role: RunningService['role']) => void = () => {};
  const role = new Promise<RunningService['role']>((done) => {
    started = done;
  });
  const session = runSession({
    device: placePort(o.ifname, entry, links()).base,
    stateFile: state.file,
    runRoot: runRoot(state),
    wanted: [
      {
        service: 'module',
        port: o.ifname,
        module: { url: urlOf(module), ...(o.options === undefined ? {} : { options: plain(o.options) }) },
      },
    ],
    spin: o.spin,
    cpu: o.cpu,
    priority: o.priority,
    sink: {
      trace() {},
      suppressed() {},
      warning: o.onWarning ?? emitWarning,
      failed(error) {
        failure = error;
        end();
      },
    },
    mayAttach: true,
    signal: over.signal,
    onStarted: started,
    onTally() {},
  });
  const ended = session
    .finally(() => o.signal?.removeEventListener('abort', end))
    .then(() => {
      if (failure) throw failure;
    });
  // Told to whoever waits for it; a program that does not is no worse off than with an event nobody listens to.
  ended.catch(() => {});
  const first = await Promise.race([role, ended]);
  // Ended before it ran, and not by a failure: by the signal.
  if (first === undefined) throw o.signal?.reason as Error;
  const close = async () => {
    end();
    await ended.catch(() => {});
  };
  return { role: first, ended, close, [Symbol.asyncDispose]: close };
}

const OPTIONS: Kinds<RunServiceOptions> = {
  ifname: 'string',
  options: 'any',
  signal: 'signal',
  state: 'string',
  spin: 'any',
  cpu: 'string',
  priority: 'integer',
  onWarning: 'function',
};

/** Absolute, and another one when the file has changed: a thread keeps what it has loaded. */
function urlOf(module: URL | string): string {
  const isUrl = module instanceof URL || /^[a-z][a-z0-9+.-]*:/i.test(module);
  const url = isUrl ? new URL(module) : pathToFileURL(resolve(module));
  if (url.protocol !== 'file:') return url.href;
  const path = fileURLToPath(url);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new EvlnetError('EVL_FILE', `Cannot load service "${path}": no such file`, {
      hint: "new URL('./my-service.js', import.meta.url) names one beside your own module",
    });
  url.searchParams.set('changed', String(stat.mtimeMs));
  return url.href;
}

const plain = (options: unknown): unknown => JSON.parse(JSON.stringify(options));
