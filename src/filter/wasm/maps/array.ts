// kernel/bpf/arraymap.c
import type { MapPlace } from '../layout.js';
import type { Memory } from '../memory-view.js';
import { Failure, Flag, type Store } from './store.js';

/** ARRAY and PERCPU_ARRAY: of the one CPU that there is. */
export class ArrayStore implements Store {
  constructor(
    readonly memory: Memory,
    readonly place: MapPlace,
  ) {
    const { contents } = place.spec;
    if (contents !== undefined) memory.octets.set(contents.subarray(0, place.spec.valueSize), place.at);
  }

  lookup(key: number): number {
    const index = this.memory.view.getUint32(key, true);
    return index < this.place.spec.maxEntries ? this.place.at + index * this.place.stride : 0;
  }

  update(key: number, value: number, flags: number): number {
    if (flags > Flag.Exist) return Failure.Einval;
    const at = this.lookup(key);
    if (at === 0) return Failure.E2big;
    if (flags === Flag.NoExist) return Failure.Eexist;
    this.memory.octets.copyWithin(at, value, value + this.place.spec.valueSize);
    return 0;
  }

  remove(): number {
    return Failure.Einval;
  }

  next(after: number, key: number): number {
    const index = after + 1;
    if (index >= this.place.spec.maxEntries) return -1;
    this.memory.view.setUint32(key, index, true);
    return index;
  }
}
