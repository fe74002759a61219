import { type Arena, createArena } from '../memory/arena.js';
import type { Batch } from '../memory/batch.js';
import { FreeList } from '../memory/free-list.js';
import { TxMarks } from '../memory/tx-marks.js';
import type { Capabilities, Device } from './device.js';

const CHUNK = 2048;
const CHUNKS = 512;
const RING = 256;

/** One end of an in-memory wire: what it transmits the other end receives, in order, after a flush. */
export class LoopbackDevice implements Device {
  readonly arena: Arena = createArena(CHUNKS, CHUNK);
  readonly capabilities: Capabilities = { maxFrame: CHUNK, queues: 1 };
  readonly marks = new TxMarks(this.arena);
  refused = 0;
  stamp = 0;
  readonly #free = new FreeList(this.arena);
  readonly #received: { at: number; length: number; driverNs: number }[] = [];
  readonly #sent: { at: number; length: number }[] = [];
  #peer: LoopbackDevice | undefined;

  /** `nowNs`: the clock of its stamps, without which a frame has no time. */
  constructor(readonly nowNs: () => number = () => 0) {}

  /** Two ends of one wire. */
  static pair(nowNs?: () => number): [LoopbackDevice, LoopbackDevice] {
    const a = new LoopbackDevice(nowNs);
    const b = new LoopbackDevice(nowNs);
    a.#peer = b;
    b.#peer = a;
    return [a, b];
  }

  receive(batch: Batch): number {
    batch.count = 0;
    while (batch.count < batch.capacity) {
      const frame = this.#received.shift();
      if (!frame) break;
      if (this.stamp !== 0) batch.driverNs[batch.count] = frame.driverNs;
      batch.push(frame.at, frame.length, 0);
    }
    return batch.count;
  }

  reserve(batch: Batch, count: number): number {
    let taken = 0;
    for (; taken < count && this.#free.count > 0 && batch.count < batch.capacity; taken++)
      batch.push(this.#free.take(), CHUNK, 0);
    return taken;
  }

  transmit(batch: Batch): number {
    let sent = 0;
    if (this.marks.count > 0) this.marks.queue(batch, this.nowNs());
    for (let i = 0; i < batch.count; i++) {
      if (this.#sent.length >= RING) {
        this.refused++;
        this.marks.remove(batch.at[i]!);
        this.#free.give(batch.at[i]! & -CHUNK);
        continue;
      }
      this.#sent.push({ at: batch.at[i]!, length: batch.length[i]! });
      sent++;
    }
    batch.count = 0;
    return sent;
  }

  release(batch: Batch): void {
    for (let i = 0; i < batch.count; i++) {
      this.marks.remove(batch.at[i]!);
      this.#free.give(batch.at[i]! & -CHUNK);
    }
    batch.count = 0;
  }

  flush(): void {
    for (const { at, length } of this.#sent.splice(0)) {
      this.#peer!.#accept(this.arena.octets.subarray(at, at + length));
      this.marks.complete(at, this.nowNs());
      this.#free.give(at & -CHUNK);
    }
  }

  /** A full ring loses the frame, as a wire does. */
  #accept(frame: Uint8Array): void {
    if (this.#free.count === 0 || this.#received.length >= RING) return;
    const at = this.#free.take();
    this.arena.octets.set(frame, at);
    this.#received.push({ at, length: frame.length, driverNs: this.nowNs() });
  }

  wait(): void {}
}
