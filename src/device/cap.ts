// npm cap 0.2.1, loaded when a pcap device is opened and not before: it is an optional dependency, and one that must be handled with care.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { EvlnetError, Exit } from '../errors.js';
import { shareLibrary } from '../linux/library.js';

/** One capture; opened once. */
export interface Cap {
  /** Answers the link type, `ETHERNET`. `landing` is where each frame is put before `packet` is emitted. */
  open(device: string, filter: string, bufferLength: number, landing: Buffer): string;
  send(frame: Buffer, length: number): void;
  close(): boolean;
  on(event: 'packet', listener: (length: number, isTruncated: boolean) => void): this;
}

const REBUILD = 'CXXFLAGS=-DNDEBUG npm rebuild cap';
let loaded: (new () => Cap) | undefined;

/** The class Cap; throws EVL_NO_CAP with the way out. */
export function loadCap(): new () => Cap {
  if (loaded !== undefined) return loaded;
  // It hangs its descriptors into the loop of the main thread, whatever thread it is in.
  if (!isMainThread) throw new EvlnetError('EVL_NO_CAP', 'Cannot load npm cap: not in the main thread');
  const require = createRequire(import.meta.url);
  // It asks the whole process for pcap_set_immediate_mode, after a libpcap.so that only the development package has; without an answer
  // frames would come a second late.
  shareLibrary(['libpcap.so.0.8', 'libpcap.so.1', 'libpcap.so']);
  try {
    refuseAssertions(require.resolve('cap/build/Release/cap.node'));
    loaded = (require('cap') as { Cap: new () => Cap }).Cap;
    return loaded;
  } catch (error) {
    if (error instanceof EvlnetError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new EvlnetError(
      'EVL_NO_CAP',
      code === 'MODULE_NOT_FOUND'
        ? 'Cannot load npm cap: it is not built'
        : `Cannot load npm cap: ${message.split('\n')[0]}`,
      {
        exit: Exit.Unsupported,
        hint: `apt-get install libpcap-dev g++ make python3, then in the folder of evlnet: ${REBUILD}`,
        cause: error,
      },
    );
  }
}

/** Built with assertions, it aborts the process when the interface goes down. */
function refuseAssertions(file: string): void {
  if (readFileSync(file).includes('__assert_fail'))
    throw new EvlnetError(
      'EVL_NO_CAP',
      'Cannot use npm cap: it was built with assertions and would abort when the link goes down',
      { exit: Exit.Unsupported, hint: `in the folder of evlnet: ${REBUILD}` },
    );
}
