import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Output } from './io.js';
import { PatientWriter } from './patient-writer.js';

/** How long who reads the lines may take for the last ones. */
const PATIENCE_MS = 3000;

/** Lines to stdout that never make the writer wait, but for the last ones. */
export interface LineWriter {
  /** False when the reader is behind: the line is lost. */
  write(text: string): boolean;
  /** What must not be lost, the summary: waits for the reader, for 3 s at most. */
  end(text: string): Promise<void>;
  close(): void;
}

/**
 * A terminal that nobody reads (Ctrl-S, a dead ssh) would block a plain write for good. So a terminal or pipe is opened anew without blocking; a file
 * never blocks; where neither can be done (a socket, or not our own stdout) Node's stream says when it is behind.
 */
export function lineWriter(output: Output): LineWriter {
  if (output !== process.stdout) return plain((text) => output.write(text) !== false);
  const kind = fstatSync(1);
  if (kind.isFile()) return plain((text) => writeSync(1, text) >= 0);
  let fd: number;
  try {
    fd = openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return {
      write(text) {
        if (process.stdout.writableNeedDrain) return false;
        process.stdout.write(text);
        return true;
      },
      // Node ends when it has been written.
      async end(text) {
        process.stdout.write(text);
      },
      close() {},
    };
  }
  return nonBlocking(fd);
}

const plain = (write: LineWriter['write']): LineWriter => ({
  write,
  async end(text) {
    write(text);
  },
  close() {},
});

function nonBlocking(fd: number): LineWriter {
  // What a full pipe took only in part must go out before anything else.
  let rest: Buffer = Buffer.alloc(0);
  const push = (octets: Buffer): boolean => {
    try {
      rest = octets.subarray(writeSync(fd, octets));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return false;
      if (code !== 'EPIPE' && code !== 'EIO') throw error;
      // Nobody reads any more. Node's stream finds the same, and says so to who listens to it.
      process.stdout.write(octets);
      rest = Buffer.alloc(0);
      return false;
    }
  };
  return {
    write(text) {
      if (rest.length > 0) push(rest);
      return rest.length === 0 && push(Buffer.from(text));
    },
    async end(text) {
      const last = Buffer.concat([rest, Buffer.from(text)]);
      rest = Buffer.alloc(0);
      await new PatientWriter(fd, AbortSignal.timeout(PATIENCE_MS)).write(last);
    },
    close() {
      if (rest.length > 0) push(rest);
      closeSync(fd);
    },
  };
}
