// Frames that wait for the MAC address of a neighbour (RFC 1122 §2.3.2.2: at least the latest one is kept): a queue for each, bounded, over
// one pool of places, so that a host that does not answer cannot hold the buffers of the others.
import type { Batch } from '../memory/batch.js';
import { NEIGHBOURS } from '../memory/neighbour-page.js';

/** For all neighbours together, and for one of them: as many full frames as Linux's neigh/unres_qlen_bytes holds, three datagrams of 64 KiB. */
const WAITING = 256;
export const WAITING_EACH = 144;
const NONE = -1;

export class Waiting {
  readonly #at = new Uint32Array(WAITING);
  readonly #length = new Uint32Array(WAITING);
  readonly #queue = new Uint16Array(WAITING);
  readonly #next = new Int16Array(WAITING);
  readonly #first = new Int16Array(NEIGHBOURS).fill(NONE);
  readonly #last = new Int16Array(NEIGHBOURS).fill(NONE);
  readonly #count = new Uint16Array(NEIGHBOURS);
  #free = 0;

  constructor() {
    for (let i = 0; i < WAITING; i++) this.#next[i] = i + 1 < WAITING ? i + 1 : NONE;
  }

  count(neighbour: number): number {
    return this.#count[neighbour]!;
  }

  /** Whether the next frame of the neighbour needs the place of an older one, or of none at all. */
  isFull(neighbour: number): boolean {
    return this.#free < 0 || this.#count[neighbour]! >= WAITING_EACH;
  }

  /** Only while it is not full. */
  push(neighbour: number, at: number, length: number, queue: number): void {
    const place = this.#free;
    this.#free = this.#next[place]!;
    this.#at[place] = at;
    this.#length[place] = length;
    this.#queue[place] = queue;
    this.#next[place] = NONE;
    const last = this.#last[neighbour]!;
    if (last < 0) this.#first[neighbour] = place;
    else this.#next[last] = place;
    this.#last[neighbour] = place;
    this.#count[neighbour]! += 1;
  }

  /** Moves the oldest frames to `batch`, as many as it has room for; returns how many. */
  take(neighbour: number, batch: Batch, most: number): number {
    let taken = 0;
    for (; taken < most && batch.count < batch.capacity; taken++) {
      const place = this.#first[neighbour]!;
      if (place < 0) break;
      batch.push(this.#at[place]!, this.#length[place]!, this.#queue[place]!);
      const next = this.#next[place]!;
      this.#first[neighbour] = next;
      if (next < 0) this.#last[neighbour] = NONE;
      this.#next[place] = this.#free;
      this.#free = place;
      this.#count[neighbour]! -= 1;
    }
    return taken;
  }
}
