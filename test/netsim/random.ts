/** Numbers from a seed, the same ones every time: xorshift32 (Marsaglia 2003), scattered first so that seeds 1 and 2 have nothing in common. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ (seed >>> 16), 0x45d9_f3b) | 1;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** From 0 up to 1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to `n`, which is below 2^32. */
  below(n: number): number {
    return (this.next() * n) >>> 0;
  }

  /** True as often as `probability` says. */
  isHit(probability: number | undefined): boolean {
    return probability !== undefined && this.next() < probability;
  }
}
