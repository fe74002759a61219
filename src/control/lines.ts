/** The longest line that is taken, in octets without the line feed. */
export const MAX_LINE = 1024 * 1024;

const LF = 0x0a;

/** Puts the octets of a stream together to lines, and keeps no more than one line of `limit` octets. */
export class Lines {
  #parts: Buffer[] = [];
  #length = 0;
  #isOver = false;
  readonly #limit: number;

  constructor(limit = MAX_LINE) {
    this.#limit = limit;
  }

  /** Hands each line that `chunk` completes to `take`; false, then and ever after, once a line was too long. */
  push(chunk: Buffer, take: (line: string) => void): boolean {
    let from = 0;
    while (!this.#isOver) {
      const at = chunk.indexOf(LF, from);
      const part = chunk.subarray(from, at < 0 ? chunk.length : at);
      this.#length += part.length;
      if (this.#length > this.#limit) {
        this.#isOver = true;
        this.#parts = [];
        break;
      }
      if (part.length > 0) this.#parts.push(part);
      if (at < 0) break;
      // Decoded only when whole, since a chunk may end within a character.
      const line = Buffer.concat(this.#parts, this.#length).toString('utf8');
      this.#parts = [];
      this.#length = 0;
      from = at + 1;
      if (line.trim() !== '') take(line);
    }
    return !this.#isOver;
  }
}
