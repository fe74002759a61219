// kernel/bpf/hashtab.c
import type { MapPlace } from '../layout.js';
import type { Memory } from '../memory-view.js';
import { Failure, Flag, type Store } from './store.js';

/**
 * HASH, PERCPU_HASH and their LRU kind. Chains and keys are kept outside of the memory of the filter: a program that
 * writes where it should not spoils values, never the table.
 */
export class HashStore implements Store {
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #hashes: Int32Array;
  readonly #keys: Int32Array;
  /** 1: in use; 2: and looked at since the hand of the clock came by. */
  readonly #marks: Uint8Array;
  readonly #words: number;
  readonly #tail: number;
  #free = 0;
  #hand = 0;

  constructor(
    readonly memory: Memory,
    readonly place: MapPlace,
    readonly isLru: boolean,
  ) {
    const { keySize, maxEntries } = place.spec;
    this.#words = keySize >> 2;
    this.#tail = keySize & 3;
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(maxEntries + 1))).fill(-1);
    this.#next = Int32Array.from({ length: maxEntries }, (_, n) => (n + 1 < maxEntries ? n + 1 : -1));
    this.#hashes = new Int32Array(maxEntries);
    this.#keys = new Int32Array(maxEntries * this.#stride);
    this.#marks = new Uint8Array(maxEntries);
  }

  lookup(key: number): number {
    const entry = this.#find(key, this.#hash(key));
    if (entry < 0) return 0;
    this.#marks[entry] = 2;
    return this.#valueOf(entry);
  }

  update(key: number, value: number, flags: number): number {
    if (flags > Flag.Exist) return Failure.Einval;
    const hash = this.#hash(key);
    let entry = this.#find(key, hash);
    if (entry >= 0 && flags === Flag.NoExist) return Failure.Eexist;
    if (entry < 0) {
      if (flags === Flag.Exist) return Failure.Enoent;
      if (this.#free < 0 && this.isLru) this.#evict();
      if (this.#free < 0) return Failure.E2big;
      entry = this.#insert(key, hash);
    }
    const { valueSize } = this.place.spec;
    this.memory.octets.copyWithin(this.#valueOf(entry), value, value + valueSize);
    return 0;
  }

  remove(key: number): number {
    const entry = this.#find(key, this.#hash(key));
    if (entry < 0) return Failure.Enoent;
    this.#unlink(entry);
    return 0;
  }

  next(after: number, key: number): number {
    for (let entry = after + 1; entry < this.#marks.length; entry++) {
      if (this.#marks[entry] === 0) continue;
      this.#write(entry, key);
      return entry;
    }
    return -1;
  }

  get #stride(): number {
    return this.#words + (this.#tail > 0 ? 1 : 0);
  }

  #valueOf(entry: number): number {
    return this.place.at + entry * this.place.stride;
  }

  /** The octets of a key that make no whole word. */
  #rest(key: number): number {
    const { view } = this.memory;
    let rest = 0;
    for (let n = 0; n < this.#tail; n++) rest |= view.getUint8(key + this.#words * 4 + n) << (8 * n);
    return rest;
  }

  #hash(key: number): number {
    const { view } = this.memory;
    let hash = 0x2545f491;
    for (let n = 0; n < this.#words; n++) {
      hash = Math.imul(hash ^ view.getInt32(key + n * 4, true), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (this.#tail > 0) {
      hash = Math.imul(hash ^ this.#rest(key), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #find(key: number, hash: number): number {
    let entry = this.#heads[hash & (this.#heads.length - 1)]!;
    while (entry >= 0 && !(this.#hashes[entry] === hash && this.#holds(entry, key)))
      entry = this.#next[entry]!;
    return entry;
  }

  #holds(entry: number, key: number): boolean {
    const { view } = this.memory;
    const at = entry * this.#stride;
    for (let n = 0; n < this.#words; n++)
      if (this.#keys[at + n] !== view.getInt32(key + n * 4, true)) return false;
    return this.#tail === 0 || this.#keys[at + this.#words] === this.#rest(key);
  }

  #insert(key: number, hash: number): number {
    const { view } = this.memory;
    const entry = this.#free;
    this.#free = this.#next[entry]!;
    const at = entry * this.#stride;
    for (let n = 0; n < this.#words; n++) this.#keys[at + n] = view.getInt32(key + n * 4, true);
    if (this.#tail > 0) this.#keys[at + this.#words] = this.#rest(key);
    const head = hash & (this.#heads.length - 1);
    this.#hashes[entry] = hash;
    this.#next[entry] = this.#heads[head]!;
    this.#heads[head] = entry;
    this.#marks[entry] = 1;
    return entry;
  }

  #write(entry: number, key: number): void {
    const { view } = this.memory;
    const at = entry * this.#stride;
    for (let n = 0; n < this.#words; n++) view.setInt32(key + n * 4, this.#keys[at + n]!, true);
    for (let n = 0; n < this.#tail; n++)
      view.setUint8(key + this.#words * 4 + n, this.#keys[at + this.#words]! >> (8 * n));
  }

  #unlink(entry: number): void {
    const head = this.#hashes[entry]! & (this.#heads.length - 1);
    const next = this.#next[entry]!;
    let at = this.#heads[head]!;
    if (at === entry) this.#heads[head] = next;
    else {
      while (this.#next[at] !== entry) at = this.#next[at]!;
      this.#next[at] = next;
    }
    this.#marks[entry] = 0;
    this.#next[entry] = this.#free;
    this.#free = entry;
  }

  /** The first entry that was not looked at since the hand came by: a clock, which is about what the kernel's lists come to. */
  #evict(): void {
    for (;;) {
      const entry = this.#hand;
      this.#hand = (entry + 1) % this.#marks.length;
      if (this.#marks[entry] === 1) {
        this.#unlink(entry);
        return;
      }
      this.#marks[entry] = 1;
    }
  }
}
