// How applications tell the out-of-band side that they have something to send: a count that it looks at every turn, and whether it sleeps.
const RUNG = 0;
const ASLEEP = 16;
export const BELL_LENGTH = 4096;

export class Bell {
  readonly #words: Int32Array;

  constructor(buffer: ArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, BELL_LENGTH >> 2);
  }

  /** Application: true where the out-of-band side has to be woken, once. What it rings for must be there already. */
  ring(): boolean {
    Atomics.add(this.#words, RUNG, 1);
    // A plain read may be done before the count is written (ARM).
    return Atomics.load(this.#words, ASLEEP) !== 0 && Atomics.exchange(this.#words, ASLEEP, 0) !== 0;
  }

  /** Out-of-band: moves with every ring. */
  get rung(): number {
    return Atomics.load(this.#words, RUNG);
  }

  /** Out-of-band: after that, and until `wake`, who rings wakes it. It must look at `rung` once more before it sleeps. */
  sleep(): void {
    Atomics.store(this.#words, ASLEEP, 1);
  }

  /** Out-of-band: whether `rung` has moved from `seen`, by a plain read: sooner or later it shows, but not in order with what else was written. */
  hasMoved(seen: number): boolean {
    return this.#words[RUNG] !== seen;
  }

  wake(): void {
    Atomics.store(this.#words, ASLEEP, 0);
  }
}
