import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { fromFailure } from '../control/messages.js';
import { EvlnetError } from '../errors.js';
import type { Failure, Spin } from './shared.js';

const ENTRY = fileURLToPath(new URL('./worker-process-entry.js', import.meta.url));

/** Where the process says how it goes. */
export const NEWS_FD = 3;

/** What the process is given as its one argument, in JSON. */
export interface WorkerProcessOptions {
  readonly device: string;
  readonly stateFile: string;
  readonly runRoot: string;
  readonly spin?: Spin | undefined;
  readonly cpu?: string | undefined;
  readonly priority?: number | undefined;
}

/** A line each. */
export type WorkerProcessNews =
  | { readonly isListening: true }
  | { readonly warning: string; readonly hint?: string | undefined }
  | Failure;

/**
 * A worker in a process of its own: for a thread (node:worker_threads), since when that is terminated it cannot end the diversion, and what the
 * kernel has given to a process stays until that ends; and for a program that may end with its sockets open. Resolves once it listens, with what
 * ends it; it ends with the thread or program too, whose pipes close. `isAwaited`: until it listens the program lives for it.
 */
export function startWorkerProcess(
  o: WorkerProcessOptions,
  onWarning: (message: string, hint?: string) => void,
  isAwaited = true,
): Promise<() => void> {
  const { device, stateFile, runRoot, spin, cpu, priority } = o;
  const given = JSON.stringify({ device, stateFile, runRoot, spin, cpu, priority });
  // A session of its own: Ctrl-C is for the program.
  const child = spawn(process.execPath, [ENTRY, given], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
  });
  const life = child.stdio[0] as Writable & Socket;
  const news = child.stdio[NEWS_FD] as Readable & Socket;
  for (const end of [life, news]) end.on('error', () => {});
  const unref = () => {
    for (const one of [child, life, news]) one.unref();
  };
  if (!isAwaited) unref();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () =>
      reject(
        new EvlnetError('EVL_THREAD', `Cannot start the worker of "${device}": its process ended`, {
          hint: 'what it printed tells why; "evlnet check" what stands in the way',
        }),
      ),
    );
    createInterface({ input: news }).on('line', (line) => {
      const said = JSON.parse(line) as WorkerProcessNews;
      if ('warning' in said) onWarning(said.warning, said.hint);
      else if ('failure' in said) reject(fromFailure(said.failure));
      else {
        // From here on the program lives for its sockets alone.
        unref();
        resolve(() => void life.end());
      }
    });
  });
}
