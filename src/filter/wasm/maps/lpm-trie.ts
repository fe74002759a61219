// kernel/bpf/lpm_trie.c: a key is the length of a prefix in bits, then its octets.
import type { MapPlace } from '../layout.js';
import type { Memory } from '../memory-view.js';
import { HashStore } from './hash.js';
import { Failure, type Store } from './store.js';

/** LPM_TRIE as a table of whole prefixes: one look for each length that there is. */
export class LpmTrieStore implements Store {
  readonly #prefixes: HashStore;
  /** Entries with a prefix of that length. */
  readonly #counts: Uint32Array;
  readonly #lastBit: number;

  constructor(
    readonly memory: Memory,
    readonly place: MapPlace,
    /** Where a key may be cut to its prefix. */
    readonly masked: number,
  ) {
    this.#lastBit = (place.spec.keySize - 4) * 8;
    this.#prefixes = new HashStore(memory, place, false);
    this.#counts = new Uint32Array(this.#lastBit + 1);
  }

  lookup(key: number): number {
    const longest = this.#length(key);
    if (longest > this.#lastBit) return 0;
    for (let length = longest; length >= 0; length--) {
      if (this.#counts[length] === 0) continue;
      const value = this.#prefixes.lookup(this.#cut(key, length));
      if (value !== 0) return value;
    }
    return 0;
  }

  update(key: number, value: number, flags: number): number {
    const length = this.#length(key);
    if (length > this.#lastBit) return Failure.Einval;
    const at = this.#cut(key, length);
    const isNew = this.#prefixes.lookup(at) === 0;
    const result = this.#prefixes.update(at, value, flags);
    if (result === Failure.E2big) return Failure.Enospc;
    if (result === 0 && isNew) this.#counts[length]!++;
    return result;
  }

  remove(key: number): number {
    const length = this.#length(key);
    if (length > this.#lastBit) return Failure.Einval;
    const result = this.#prefixes.remove(this.#cut(key, length));
    if (result === 0) this.#counts[length]!--;
    return result;
  }

  next(after: number, key: number): number {
    return this.#prefixes.next(after, key);
  }

  #length(key: number): number {
    return this.memory.view.getUint32(key, true);
  }

  /** Address of the key with nothing behind the first `length` bits. */
  #cut(key: number, length: number): number {
    const { octets, view } = this.memory;
    const { keySize } = this.place.spec;
    octets.copyWithin(this.masked, key, key + keySize);
    view.setUint32(this.masked, length, true);
    for (let n = length >> 3; n < keySize - 4; n++) {
      const bits = Math.max(0, length - n * 8);
      view.setUint8(this.masked + 4 + n, view.getUint8(this.masked + 4 + n) & (0xff00 >> bits));
    }
    return this.masked;
  }
}
