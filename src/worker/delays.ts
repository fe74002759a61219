/** What an application counts in its socket's page, carried to where the worker counts for all. */
export class Delays {
  readonly #seen: Float64Array;

  /** A histogram; only its application writes to it. */
  constructor(readonly own: Float64Array) {
    this.#seen = new Float64Array(own.length);
  }

  /** Adds what is new. */
  carryTo(all: Float64Array): void {
    for (let i = 0; i < this.own.length; i++) {
      const more = this.own[i]! - this.#seen[i]!;
      if (more === 0) continue;
      this.#seen[i] = this.own[i]!;
      // What a broken program writes there is nobody's time.
      if (more > 0 && more <= Number.MAX_SAFE_INTEGER) all[i]! += more;
    }
  }
}
