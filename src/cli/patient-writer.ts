import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { namingErrors } from '../linux/file-error.js';

const STDOUT = 1;
const FULL_MS = 5;

/** Writes all that it is given, to who may be slow, until `over` aborts. */
export class PatientWriter {
  #rest: Uint8Array = new Uint8Array();

  constructor(
    readonly fd: number,
    readonly over: AbortSignal,
    /** For errors. */
    readonly name = 'standard output',
  ) {}

  /** What has been given before goes first. False where nobody reads, or it is over and there is no room. */
  async write(octets: Uint8Array): Promise<boolean> {
    this.#rest = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    while (this.#rest.length > 0) {
      const written = this.#push();
      if (written === undefined || (written === 0 && this.over.aborted)) return false;
      this.#rest = this.#rest.subarray(written);
      if (written === 0) await pause(FULL_MS, undefined, { signal: this.over }).catch(() => {});
    }
    return true;
  }

  /** Undefined where nobody reads. */
  #push(): number | undefined {
    try {
      return writeSync(this.fd, this.#rest);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'EIO') return undefined;
      if (code === 'EAGAIN') return 0;
      return namingErrors('write', this.name, 'name another file with -w', () => {
        throw error;
      });
    }
  }
}

/** Opened anew, so that a full pipe or a terminal that was stopped makes nobody wait; as it is where that cannot be (a socket), or need not: a file goes on where others left off. */
export function ownStdout(): number {
  if (fstatSync(STDOUT).isFile()) return STDOUT;
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return STDOUT;
  }
}
