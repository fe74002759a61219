// kernel/bpf/hashtab.c
import type { MapPlace } from '../layout.js';
import type { Memory } from '../memory-view.js';
import { type HashTable, Mark, MULTIPLIER, Record, SHIFT, START } from './hash-table.js';
import { Failure, Flag, type Store } from './store.js';

/** HASH, PERCPU_HASH and their LRU kind. */
export class HashStore implements Store {
  readonly #table: HashTable;
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
    this.#table = place.table!;
    this.#words = keySize >> 2;
    this.#tail = keySize & 3;
    const { heads, chains } = this.#table;
    memory.octets.fill(0xff, heads, heads + chains * 4);
    for (let entry = 0; entry < maxEntries; entry++)
      this.#setNext(entry, entry + 1 < maxEntries ? entry + 1 : -1);
  }

  lookup(key: number): number {
    const entry = this.#find(key, this.#hash(key));
    if (entry < 0) return 0;
    this.#mark(entry, Mark.Seen);
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
    this.memory.octets.copyWithin(this.#valueOf(entry), value, value + this.place.spec.valueSize);
    return 0;
  }

  remove(key: number): number {
    const entry = this.#find(key, this.#hash(key));
    if (entry < 0) return Failure.Enoent;
    this.#unlink(entry);
    return 0;
  }

  next(after: number, key: number): number {
    const { octets } = this.memory;
    const { keySize, maxEntries } = this.place.spec;
    for (let entry = after + 1; entry < maxEntries; entry++) {
      if (this.#markOf(entry) === Mark.Free) continue;
      const at = this.#record(entry) + Record.key;
      octets.copyWithin(key, at, at + keySize);
      return entry;
    }
    return -1;
  }

  #valueOf(entry: number): number {
    return this.place.at + entry * this.place.stride;
  }

  #record(entry: number): number {
    return this.#table.records + entry * this.#table.stride;
  }

  #next(entry: number): number {
    return this.memory.view.getInt32(this.#record(entry) + Record.next, true);
  }

  #setNext(entry: number, next: number): void {
    this.memory.view.setInt32(this.#record(entry) + Record.next, next, true);
  }

  #hashOf(entry: number): number {
    return this.memory.view.getInt32(this.#record(entry) + Record.hash, true);
  }

  /** Address of the first record of a chain. */
  #head(hash: number): number {
    return this.#table.heads + (hash & (this.#table.chains - 1)) * 4;
  }

  #markOf(entry: number): number {
    return this.memory.view.getUint8(this.#table.marks + entry);
  }

  #mark(entry: number, mark: number): void {
    this.memory.view.setUint8(this.#table.marks + entry, mark);
  }

  /** A word of a key; the last one may be of fewer octets. */
  #word(key: number, n: number): number {
    const { view } = this.memory;
    if (n < this.#words) return view.getInt32(key + n * 4, true);
    let word = 0;
    for (let i = 0; i < this.#tail; i++) word |= view.getUint8(key + n * 4 + i) << (8 * i);
    return word;
  }

  get #wordCount(): number {
    return this.#words + (this.#tail > 0 ? 1 : 0);
  }

  #hash(key: number): number {
    let hash = START;
    for (let n = 0; n < this.#wordCount; n++) {
      hash = Math.imul(hash ^ this.#word(key, n), MULTIPLIER);
      hash ^= hash >>> SHIFT;
    }
    return hash;
  }

  #find(key: number, hash: number): number {
    let entry = this.memory.view.getInt32(this.#head(hash), true);
    while (entry >= 0 && !(this.#hashOf(entry) === hash && this.#holds(entry, key)))
      entry = this.#next(entry);
    return entry;
  }

  #holds(entry: number, key: number): boolean {
    const at = this.#record(entry) + Record.key;
    for (let n = 0; n < this.#wordCount; n++)
      if (this.memory.view.getInt32(at + n * 4, true) !== this.#word(key, n)) return false;
    return true;
  }

  #insert(key: number, hash: number): number {
    const { view } = this.memory;
    const entry = this.#free;
    this.#free = this.#next(entry);
    const at = this.#record(entry);
    for (let n = 0; n < this.#wordCount; n++)
      view.setInt32(at + Record.key + n * 4, this.#word(key, n), true);
    view.setInt32(at + Record.hash, hash, true);
    this.#setNext(entry, view.getInt32(this.#head(hash), true));
    view.setInt32(this.#head(hash), entry, true);
    this.#mark(entry, Mark.Used);
    return entry;
  }

  #unlink(entry: number): void {
    const { view } = this.memory;
    const head = this.#head(this.#hashOf(entry));
    const next = this.#next(entry);
    let at = view.getInt32(head, true);
    if (at === entry) view.setInt32(head, next, true);
    else {
      while (this.#next(at) !== entry) at = this.#next(at);
      this.#setNext(at, next);
    }
    this.#mark(entry, Mark.Free);
    this.#setNext(entry, this.#free);
    this.#free = entry;
  }

  /** The first entry that was not looked at since the hand came by: a clock, which is about what the kernel's lists come to. */
  #evict(): void {
    for (;;) {
      const entry = this.#hand;
      this.#hand = (entry + 1) % this.place.spec.maxEntries;
      if (this.#markOf(entry) === Mark.Used) {
        this.#unlink(entry);
        return;
      }
      this.#mark(entry, Mark.Used);
    }
  }
}
