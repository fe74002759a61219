import type { MapSpec } from '../../../bpf/program.js';
import { MapType } from '../../../bpf/program.js';
import { EvlnetError } from '../../../errors.js';
import type { Layout, MapPlace } from '../layout.js';
import { holdsValues, isArray } from '../layout.js';
import type { Memory } from '../memory-view.js';
import { ArrayStore } from './array.js';
import { HashStore } from './hash.js';
import { LpmTrieStore } from './lpm-trie.js';
import type { Store } from './store.js';

/** The maps that a program can look into, by their number. */
export function openStores(memory: Memory, layout: Layout): (Store | undefined)[] {
  const stores: (Store | undefined)[] = [];
  for (const place of layout.maps.values())
    stores[place.index] = holdsValues(place.spec) ? openStore(memory, layout, place) : undefined;
  return stores;
}

function openStore(memory: Memory, layout: Layout, place: MapPlace): Store {
  const { spec } = place;
  if (isArray(spec)) return new ArrayStore(memory, place);
  if (spec.type === MapType.LpmTrie) return new LpmTrieStore(memory, place, layout.masked);
  return new HashStore(memory, place, spec.type === MapType.LruHash || spec.type === MapType.LruPercpuHash);
}

/** A map of a filter, seen from outside, between two frames. */
export class FilterMap {
  readonly #memory: Memory;
  readonly #layout: Layout;
  readonly #store: Store;

  constructor(
    readonly spec: MapSpec,
    memory: Memory,
    layout: Layout,
    store: Store,
  ) {
    this.#memory = memory;
    this.#layout = layout;
    this.#store = store;
  }

  /** A copy of the value. */
  lookup(key: Uint8Array): Uint8Array | undefined {
    const at = this.#store.lookup(this.#put(this.#layout.key, key, this.spec.keySize, 'key'));
    return at === 0 ? undefined : this.#memory.octets.slice(at, at + this.spec.valueSize);
  }

  update(key: Uint8Array, value: Uint8Array): void {
    if (this.spec.isReadOnly === true) throw this.#error('write it: it is read only');
    const result = this.#store.update(
      this.#put(this.#layout.key, key, this.spec.keySize, 'key'),
      this.#put(this.#layout.value, value, this.spec.valueSize, 'value'),
      0,
    );
    if (result !== 0) throw this.#error('write it: it is full, or has no such key');
  }

  /** False where there was no such key. */
  delete(key: Uint8Array): boolean {
    return this.#store.remove(this.#put(this.#layout.key, key, this.spec.keySize, 'key')) === 0;
  }

  /** Copies of all keys. */
  *keys(): Generator<Uint8Array> {
    const { key } = this.#layout;
    for (let n = this.#store.next(-1, key); n >= 0; n = this.#store.next(n, key))
      yield this.#memory.octets.slice(key, key + this.spec.keySize);
  }

  #put(at: number, octets: Uint8Array, length: number, what: string): number {
    if (octets.length !== length)
      throw this.#error(`use a ${what} of ${octets.length} octets: it has ${length}`);
    this.#memory.octets.set(octets, at);
    return at;
  }

  #error(reason: string): EvlnetError {
    return new EvlnetError('EVL_FILTER_MAP', `Map "${this.spec.name}": cannot ${reason}`);
  }
}
