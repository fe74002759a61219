// The hot side of AF_XDP: Documentation/networking/af_xdp.rst. Rings, chunks and one system call a batch.
import { HARDWARE, STAMP_HARDWARE, STAMP_KIND, STAMP_MARK, STAMP_TIME } from '../filter/stamp.js';
import { nowNs } from '../linux/clock.js';
import { Errno, errno, recv, send } from '../linux/libc.js';
import { viewAt } from '../linux/memory.js';
import { WaitSet } from '../linux/wait-set.js';
import { HEADROOM, RING_NEED_WAKEUP, type Ring, viewRing, type XskPlace } from '../linux/xsk.js';
import { type Arena, arenaOver } from '../memory/arena.js';
import type { Batch } from '../memory/batch.js';
import { FreeList } from '../memory/free-list.js';
import { TxMarks } from '../memory/tx-marks.js';
import type { Capabilities, Device } from './device.js';

const MSG_DONTWAIT = 0x40;
/** Calls of one flush before a ring that does not drain is left for the next: the wire is slower than we are. */
const MAX_KICKS = 8;

/** What another thread needs to run the device: numbers only. */
export interface XdpPlace {
  readonly sockets: readonly XskPlace[];
  readonly umem: { readonly address: number; readonly length: number; readonly chunkSize: number };
  /** eventfd that ends a wait. */
  readonly wakeFd: number;
}

/** One socket with the indexes that only we move, kept in ordinary numbers. */
class Queue {
  readonly rx: Ring;
  readonly tx: Ring;
  readonly fill: Ring;
  readonly completion: Ring;
  rxNext: number;
  txNext: number;
  /** As last seen: what the kernel has taken from tx, and from fill. */
  txTaken: number;
  fillNext: number;
  fillTaken: number;
  completionNext: number;

  constructor(
    readonly fd: number,
    place: XskPlace,
  ) {
    this.rx = viewRing(place.rx);
    this.tx = viewRing(place.tx);
    this.fill = viewRing(place.fill);
    this.completion = viewRing(place.completion);
    this.rxNext = Atomics.load(this.rx.consumer, 0);
    this.txNext = Atomics.load(this.tx.producer, 0);
    this.txTaken = Atomics.load(this.tx.consumer, 0);
    this.fillNext = Atomics.load(this.fill.producer, 0);
    this.fillTaken = Atomics.load(this.fill.consumer, 0);
    this.completionNext = Atomics.load(this.completion.consumer, 0);
  }
}

export class XdpDevice implements Device {
  readonly arena: Arena;
  readonly capabilities: Capabilities;
  readonly marks: TxMarks;
  refused = 0;
  stamp = 0;
  /** Keeps the engine from leaving out what fetches the frames. */
  touched = 0;
  readonly #queues: Queue[];
  readonly #free: FreeList;
  readonly #chunkMask: number;
  readonly #spare: number;
  readonly #waits: WaitSet;
  #first = 0;

  constructor(place: XdpPlace) {
    const { umem } = place;
    this.arena = arenaOver(viewAt(umem.address, umem.length).buffer, umem.chunkSize);
    this.capabilities = { maxFrame: umem.chunkSize - HEADROOM, queues: place.sockets.length };
    this.marks = new TxMarks(this.arena);
    this.#chunkMask = -umem.chunkSize;
    this.#free = new FreeList(this.arena);
    this.#queues = place.sockets.map((s) => new Queue(s.fd, s));
    this.#waits = new WaitSet(
      place.sockets.map((q) => q.fd),
      place.wakeFd,
    );
    // Every queue gets its share of the pool to receive into; an eighth stays free for frames of our own.
    this.#spare = this.arena.chunks >> 3;
    const share = Math.floor((this.arena.chunks - this.#spare) / this.#queues.length);
    for (const q of this.#queues) {
      for (let i = 0; i < Math.min(share, q.fill.size); i++) this.#refill(q, this.#free.take());
      Atomics.store(q.fill.producer, 0, q.fillNext);
    }
  }

  receive(batch: Batch): number {
    batch.count = 0;
    const queues = this.#queues;
    const n = queues.length;
    // Another queue first each time, so that a busy one cannot starve the others.
    let i = this.#first;
    this.#first = i + 1 === n ? 0 : i + 1;
    for (let turn = 0; turn < n && batch.count < batch.capacity; turn++) {
      this.#receiveFrom(queues[i]!, i, batch);
      i = i + 1 === n ? 0 : i + 1;
    }
    if (this.stamp !== 0) this.#takeStamps(batch);
    return batch.count;
  }

  /** A stamp is read once: the buffer will hold other frames. */
  #takeStamps(batch: Batch): void {
    const { view } = this.arena;
    for (let i = 0; i < batch.count; i++) {
      const at = batch.at[i]!;
      let ns = 0;
      let low = 0;
      let high = 0;
      if (view.getUint32(at - STAMP_MARK, true) === this.stamp) {
        ns = view.getUint32(at - STAMP_TIME, true) + view.getUint32(at - STAMP_TIME + 4, true) * 2 ** 32;
        if (view.getUint32(at - STAMP_KIND, true) === HARDWARE) {
          low = view.getInt32(at - STAMP_HARDWARE, true);
          high = view.getInt32(at - STAMP_HARDWARE + 4, true);
        }
        view.setUint32(at - STAMP_MARK, 0);
      }
      batch.driverNs[i] = ns;
      batch.hardwareLow[i] = low;
      batch.hardwareHigh[i] = high;
    }
  }

  #receiveFrom(q: Queue, index: number, batch: Batch): void {
    const rx = q.rx;
    let next = q.rxNext;
    // A plain read where nothing has come, millions of times a second: Atomics.load is a call.
    if (rx.producer[0] === next) return;
    const available = (Atomics.load(rx.producer, 0) - next) | 0;
    const from = batch.count;
    const room = batch.capacity - from;
    const take = available < room ? available : room;
    const { entries, mask } = rx;
    const { octets } = this.arena;
    let touched = 0;
    for (let i = from; i < from + take; i++) {
      const e = (next & mask) << 2;
      const at = entries[e]!;
      batch.at[i] = at;
      batch.length[i] = entries[e + 2]!;
      batch.queue[i] = index;
      // The frame lies in another CPU's cache. Asked for here, the frames of a batch come side by side instead of one after the other.
      touched = (touched + octets[at]!) | 0;
      next = (next + 1) | 0;
    }
    batch.count = from + take;
    this.touched = touched;
    q.rxNext = next;
  }

  reserve(batch: Batch, count: number): number {
    let taken = 0;
    while (taken < count && this.#free.count > 0 && batch.count < batch.capacity) {
      batch.push(this.#free.take() + HEADROOM, this.capabilities.maxFrame, 0);
      taken++;
    }
    return taken;
  }

  transmit(batch: Batch): number {
    const { queue, count } = batch;
    if (this.marks.count > 0) this.marks.queue(batch, nowNs());
    let sent = 0;
    for (let from = 0; from < count; ) {
      const index = queue[from]!;
      let to = from + 1;
      while (to < count && queue[to] === index) to++;
      sent += this.#put(this.#queues[index]!, batch, from, to);
      from = to;
    }
    batch.count = 0;
    return sent;
  }

  /** Frames `from` to `to` of a batch, all of one queue, as far as its ring has room. */
  #put(q: Queue, batch: Batch, from: number, to: number): number {
    const { entries, mask, size } = q.tx;
    if (((q.txNext - q.txTaken + (to - from)) | 0) > size) q.txTaken = Atomics.load(q.tx.consumer, 0);
    const room = (size - (q.txNext - q.txTaken)) | 0;
    const end = to - from > room ? from + room : to;
    let next = q.txNext;
    for (let i = from; i < end; i++) {
      // Words 1 and 3, the high half of the address and the options, are zero from the start: nobody writes them.
      const e = (next & mask) << 2;
      entries[e] = batch.at[i]!;
      entries[e + 2] = batch.length[i]!;
      next = (next + 1) | 0;
    }
    q.txNext = next;
    for (let i = end; i < to; i++) {
      this.refused++;
      this.#end(q, batch.at[i]!);
    }
    return end - from;
  }

  release(batch: Batch): void {
    for (let i = 0; i < batch.count; i++) this.#end(this.#queues[batch.queue[i]!]!, batch.at[i]!);
    batch.count = 0;
  }

  flush(): void {
    const queues = this.#queues;
    for (let i = 0; i < queues.length; i++) {
      const q = queues[i]!;
      if (q.txTaken !== q.txNext) this.#kick(q);
      this.#settle(q);
    }
  }

  /** What the kernel may write next, told after the answers have left: its rings have room for a batch more. */
  #settle(q: Queue): void {
    Atomics.store(q.rx.consumer, 0, q.rxNext);
    this.#complete(q);
    Atomics.store(q.fill.producer, 0, q.fillNext);
    // poll(2) would do this for a zero-copy driver, epoll does not.
    if (Atomics.load(q.fill.flags, 0) & RING_NEED_WAKEUP) recv(q.fd, 0, 0, MSG_DONTWAIT);
  }

  /** Copy mode transmits inside this call, some frames at a time; zero-copy wants it when its flag says so. */
  #kick(q: Queue): void {
    Atomics.store(q.tx.producer, 0, q.txNext);
    for (let calls = 0; calls < MAX_KICKS && Atomics.load(q.tx.flags, 0) & RING_NEED_WAKEUP; calls++) {
      if (send(q.fd, 0, 0, MSG_DONTWAIT) < 0) {
        const n = errno();
        if (n !== Errno.EAGAIN && n !== Errno.EBUSY && n !== Errno.ENOBUFS) break;
      }
      q.txTaken = Atomics.load(q.tx.consumer, 0);
      if (q.txTaken === q.txNext) break;
      this.#complete(q);
    }
    q.txTaken = Atomics.load(q.tx.consumer, 0);
  }

  /** What left the wire is ours to receive into again. */
  #complete(q: Queue): void {
    const { completion, fill } = q;
    const end = Atomics.load(completion.producer, 0);
    let next = q.completionNext;
    if (next === end) return;
    if (this.marks.count > 0) this.#stampSent(completion, next, end);
    let fillNext = q.fillNext;
    // The common case in one go: the free list has its share, and the fill ring has room for all of them.
    const hasRoom =
      ((fillNext - q.fillTaken + (end - next)) | 0) <= fill.size && this.#free.count >= this.#spare;
    if (hasRoom) {
      const chunkMask = this.#chunkMask;
      for (; next !== end; next = (next + 1) | 0) {
        fill.entries[(fillNext & fill.mask) << 1] =
          completion.entries[(next & completion.mask) << 1]! & chunkMask;
        fillNext = (fillNext + 1) | 0;
      }
      q.fillNext = fillNext;
    } else {
      for (; next !== end; next = (next + 1) | 0)
        this.#end(q, completion.entries[(next & completion.mask) << 1]!);
    }
    q.completionNext = next;
    Atomics.store(completion.consumer, 0, next);
  }

  #stampSent({ entries, mask }: Ring, next: number, end: number): void {
    const now = nowNs();
    for (let i = next; i !== end; i = (i + 1) | 0) this.marks.complete(entries[(i & mask) << 1]!, now);
  }

  /** A chunk that nobody holds any more: to the free list until that has its share, then to the fill ring. */
  #end(q: Queue, at: number): void {
    const chunk = at & this.#chunkMask;
    if (this.marks.count > 0) this.marks.remove(at);
    if (this.#free.count < this.#spare) {
      this.#free.give(chunk);
      return;
    }
    if (((q.fillNext - q.fillTaken) | 0) >= q.fill.size) {
      q.fillTaken = Atomics.load(q.fill.consumer, 0);
      if (((q.fillNext - q.fillTaken) | 0) >= q.fill.size) {
        this.#free.give(chunk);
        return;
      }
    }
    this.#refill(q, chunk);
  }

  #refill(q: Queue, chunk: number): void {
    const e = (q.fillNext & q.fill.mask) << 1;
    q.fill.entries[e] = chunk;
    q.fillNext = (q.fillNext + 1) | 0;
  }

  wait(timeoutMs: number): void {
    for (let i = 0; i < this.#queues.length; i++) this.#settle(this.#queues[i]!);
    this.#waits.wait(timeoutMs);
  }
}
