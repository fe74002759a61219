// Who is where on the link: entries found by port and address, in memory that the in-band side sees.
import { NEIGHBOUR_STRIDE, NEIGHBOURS, NeighbourState, NeighbourWord } from '../memory/neighbour-page.js';

const BUCKET_BITS = 8;
const NONE = -1;
const STRIDE = NEIGHBOUR_STRIDE;
const { Version, Slot, Address, State, MacHi, MacLo, ChangedS } = NeighbourWord;
const { None, Incomplete, Stale, Failed, NoArp, Permanent } = NeighbourState;
const NS = 1e9;

/** An entry is an index; -1 is none. */
export class NeighbourTable {
  /** When the entry was last sent to, and when its MAC address was last told. */
  readonly usedNs = new Float64Array(NEIGHBOURS);
  readonly toldNs = new Float64Array(NEIGHBOURS);
  /** When something has to be done about it. */
  readonly dueNs = new Float64Array(NEIGHBOURS).fill(Number.POSITIVE_INFINITY);
  /** Requests sent since it was last known to be there. */
  readonly probes = new Uint8Array(NEIGHBOURS);
  readonly #buckets = new Int16Array(1 << BUCKET_BITS).fill(NONE);
  /** The next one of the bucket, or of the free ones. */
  readonly #next = new Int16Array(NEIGHBOURS);
  #free = 0;

  /** `words`: NEIGHBOUR_PAGE_LENGTH octets of zeros. */
  constructor(readonly words: Int32Array) {
    for (let i = 0; i < NEIGHBOURS; i++) this.#next[i] = i + 1 < NEIGHBOURS ? i + 1 : NONE;
  }

  find(slot: number, address: number): number {
    const { words } = this;
    for (let i = this.#buckets[bucketOf(slot, address)]!; i >= 0; i = this.#next[i]!)
      if (words[i * STRIDE + Address]! === (address | 0) && words[i * STRIDE + Slot]! === slot) return i;
    return NONE;
  }

  /** A new entry, Incomplete; -1 where every place is taken by one that must stay. The caller has looked for one. */
  add(slot: number, address: number): number {
    const i = this.#free;
    if (i < 0) return NONE;
    this.#free = this.#next[i]!;
    const bucket = bucketOf(slot, address);
    this.#next[i] = this.#buckets[bucket]!;
    this.#buckets[bucket] = i;
    const at = i * STRIDE;
    this.#begin(at);
    this.words[at + Slot] = slot;
    this.words[at + Address] = address;
    this.words[at + State] = Incomplete;
    this.words[at + MacHi] = 0;
    this.words[at + MacLo] = 0;
    this.words[at + ChangedS] = 0;
    this.#end(at);
    this.usedNs[i] = 0;
    this.toldNs[i] = 0;
    this.dueNs[i] = Number.POSITIVE_INFINITY;
    this.probes[i] = 0;
    return i;
  }

  remove(i: number): void {
    const { words } = this;
    const at = i * STRIDE;
    const bucket = bucketOf(words[at + Slot]!, words[at + Address]! >>> 0);
    if (this.#buckets[bucket] === i) this.#buckets[bucket] = this.#next[i]!;
    else {
      let before = this.#buckets[bucket]!;
      while (this.#next[before] !== i) before = this.#next[before]!;
      this.#next[before] = this.#next[i]!;
    }
    this.#next[i] = this.#free;
    this.#free = i;
    this.dueNs[i] = Number.POSITIVE_INFINITY;
    this.#begin(at);
    words[at + State] = None;
    this.#end(at);
  }

  get isFull(): boolean {
    return this.#free < 0;
  }

  /** The entry that is missed least: one that failed, one that may be wrong, any other; of these the one longest unused. */
  leastUseful(): number {
    let found = NONE;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < NEIGHBOURS; i++) {
      const state = this.state(i);
      if (state === None || state === Permanent || state === NoArp) continue;
      // Years apart, so that the kind decides before the time does.
      const rank = state === Failed ? 0 : state === Stale ? 1e18 : 2e18;
      if (rank + this.usedNs[i]! >= least) continue;
      least = rank + this.usedNs[i]!;
      found = i;
    }
    return found;
  }

  slot(i: number): number {
    return this.words[i * STRIDE + Slot]!;
  }

  address(i: number): number {
    return this.words[i * STRIDE + Address]! >>> 0;
  }

  state(i: number): number {
    return this.words[i * STRIDE + State]!;
  }

  macHi(i: number): number {
    return this.words[i * STRIDE + MacHi]!;
  }

  macLo(i: number): number {
    return this.words[i * STRIDE + MacLo]! >>> 0;
  }

  setState(i: number, state: NeighbourState, nowNs: number): void {
    this.set(i, state, this.macHi(i), this.macLo(i), nowNs);
  }

  set(i: number, state: NeighbourState, hi: number, lo: number, nowNs: number): void {
    const at = i * STRIDE;
    this.#begin(at);
    this.words[at + State] = state;
    this.words[at + MacHi] = hi;
    this.words[at + MacLo] = lo;
    this.words[at + ChangedS] = nowNs / NS;
    this.#end(at);
  }

  #begin(at: number): void {
    Atomics.add(this.words, at + Version, 1);
  }

  #end(at: number): void {
    Atomics.add(this.words, at + Version, 1);
  }
}

const bucketOf = (slot: number, address: number): number =>
  Math.imul((address ^ (slot << 12)) | 0, 0x9e37_79b1) >>> (32 - BUCKET_BITS);
