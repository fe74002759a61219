// RFC 1191: what routers said of how long packets to a destination may be. A table of fixed size: what finds no room takes that of the
// entry that would be forgotten first.
import { Timer } from './timer.js';

const ENTRIES = 1024;
/** net.ipv4.route.mtu_expires, RFC 1191 §6.3. */
const EXPIRES_NS = 600e9;
/** net.ipv4.route.min_pmtu: who says less is not believed, but packets may be cut on the way (Linux locks such an MTU). */
export const MIN_PATH_MTU = 552;
/** RFC 1191 §7, for routers that do not say: the next one below the packet that was too long. */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508];

export class PathMtus extends Timer {
  count = 0;
  readonly #destinations = new Uint32Array(ENTRIES);
  readonly #mtus = new Uint16Array(ENTRIES);
  readonly #untilNs = new Float64Array(ENTRIES);

  /** The routes' generation moves at every change: what was found before may be wrong now. */
  constructor(readonly routes: { generation: number }) {
    super();
  }

  /** Octets of the longest packet that may go there; 0 where nobody said. */
  find(destination: number): number {
    const i = this.#indexOf(destination);
    return i < 0 ? 0 : this.#mtus[i]!;
  }

  /** A router has no room for a packet of `length` octets but for one of `mtu` (0: it does not say). False where that cannot be, or is no news. */
  learn(destination: number, length: number, mtu: number, present: number, nowNs: number): boolean {
    const said = mtu === 0 ? plateauBelow(length) : mtu;
    // One that would have had room is mistaken, or somebody else.
    if (said >= length || said >= present) return false;
    let i = this.#indexOf(destination);
    if (i < 0) i = this.count < ENTRIES ? this.count++ : this.#oldest();
    this.#destinations[i] = destination;
    this.#mtus[i] = Math.max(said, MIN_PATH_MTU);
    this.#untilNs[i] = nowNs + EXPIRES_NS;
    this.routes.generation++;
    this.#schedule();
    return true;
  }

  /** Forgets what is too old to be believed: the path may have become a better one. */
  run(nowNs: number): void {
    for (let i = this.count - 1; i >= 0; i--) if (this.#untilNs[i]! <= nowNs) this.#remove(i);
    this.routes.generation++;
    this.#schedule();
  }

  /** Those of whom something is known. */
  get destinations(): number[] {
    return [...this.#destinations.subarray(0, this.count)];
  }

  /** Forgets what is known of all others. */
  keep(isKept: (destination: number) => boolean): void {
    for (let i = this.count - 1; i >= 0; i--) if (!isKept(this.#destinations[i]!)) this.#remove(i);
    this.routes.generation++;
    this.#schedule();
  }

  #remove(i: number): void {
    const last = --this.count;
    this.#destinations[i] = this.#destinations[last]!;
    this.#mtus[i] = this.#mtus[last]!;
    this.#untilNs[i] = this.#untilNs[last]!;
  }

  #indexOf(destination: number): number {
    for (let i = 0; i < this.count; i++) if (this.#destinations[i] === destination) return i;
    return -1;
  }

  #oldest(): number {
    let oldest = 0;
    for (let i = 1; i < this.count; i++) if (this.#untilNs[i]! < this.#untilNs[oldest]!) oldest = i;
    return oldest;
  }

  #schedule(): void {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.count; i++) if (this.#untilNs[i]! < least) least = this.#untilNs[i]!;
    this.dueNs = least;
  }
}

function plateauBelow(length: number): number {
  for (let i = 0; i < PLATEAUS.length; i++) if (PLATEAUS[i]! < length) return PLATEAUS[i]!;
  return MIN_PATH_MTU;
}
