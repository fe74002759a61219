// npm cap 0.2.1, loaded when a pcap device is opened and not before: it is an optional dependency, and one that must be handled with care.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { EvlnetError, Exit } from '../errors.js';

/** One capture; opened once. */
export interface Cap {
  /** Answers the link type, `ETHERNET`. `landing` is where each frame is put before `packet` is emitted. */
  open(device: string, filter: string, bufferLength: number, landing: Buffer): string;
  send(frame: Buffer, length: number): void;
  close(): boolean;
  on(event: 'packet', listener: (length: number, isTruncated: boolean) => void): this;
}

const require = createRequire(import.meta.url);
let loaded: (new () => Cap) | undefined;

/** The addon's file; throws EVL_NO_CAP with the way out. */
export function findCap(): string {
  let file: string;
  try {
    file = require.resolve('cap/build/Release/cap.node');
  } catch (cause) {
    throw unusable('it is not built', cause);
  }
  if (readFileSync(file).includes('__assert_fail'))
    throw unusable('it was built with assertions, and would abort when the link goes down');
  return file;
}

/** The class Cap; throws EVL_NO_CAP. */
export function loadCap(): new () => Cap {
  if (loaded !== undefined) return loaded;
  findCap();
  // It hangs its descriptors into the loop of the main thread, whatever thread it is in.
  if (!isMainThread) throw new EvlnetError('EVL_NO_CAP', 'Cannot use npm cap: not in the main thread');
  try {
    loaded = (require('cap') as { Cap: new () => Cap }).Cap;
    return loaded;
  } catch (cause) {
    throw unusable(`${(cause as Error).message.split('\n')[0]}`, cause);
  }
}

const unusable = (reason: string, cause?: unknown) =>
  new EvlnetError('EVL_NO_CAP', `Cannot use npm cap: ${reason}`, {
    exit: Exit.Unsupported,
    hint: `apt-get install libpcap-dev g++ make python3, then ${rebuild()}`,
    cause,
  });

/** npm builds packages from where they were installed, which need not be the folder of evlnet; it leaves out an optional one that failed. */
function rebuild(): string {
  try {
    const folder = dirname(dirname(dirname(require.resolve('cap/package.json'))));
    return `in ${folder}: CXXFLAGS=-DNDEBUG npm rebuild cap`;
  } catch {
    return 'install evlnet again, with CXXFLAGS=-DNDEBUG';
  }
}
