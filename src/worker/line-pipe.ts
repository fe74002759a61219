import { Errno, errno, must, recv } from '../linux/libc.js';
import { map } from '../linux/memory.js';

const LENGTH = 64 * 1024;

/** Lines from a socket, read when they are asked for and never by the event loop: under a flood that does not come to it. */
export class LinePipe {
  readonly #memory = map(LENGTH);
  #parts: Buffer[] = [];
  #lines: string[] = [];

  constructor(readonly fd: number) {}

  /** The next line; waits for it. Undefined once the other end is closed. */
  next(): string | undefined {
    while (this.#lines.length === 0) if (!this.#read()) return undefined;
    return this.#lines.shift();
  }

  #read(): boolean {
    const length = recv(this.fd, this.#memory.address, LENGTH, 0);
    if (length < 0 && errno() === Errno.EINTR) return true;
    must(length, 'read the commands of the in-band side');
    this.#parts.push(Buffer.from(this.#memory.buffer.slice(0, length)));
    const text = Buffer.concat(this.#parts);
    const end = text.lastIndexOf('\n');
    if (end >= 0) {
      this.#lines = text.toString('utf8', 0, end).split('\n');
      this.#parts = [text.subarray(end + 1)];
    }
    return length > 0;
  }
}
