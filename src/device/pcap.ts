// The portable device: libpcap through npm cap. It sees every frame that comes in, decides in user space which ones are taken, and sends one a call.
// Events come from libuv, so that `wait` answers a promise; cap hands over frames from inside one callback until there are no more, which under
// a flood may be never: whoever waits goes on from in there.
import { nowNs } from '../linux/clock.js';
import { type Link, link, monitor } from '../linux/link.js';
import { type Arena, arenaOver } from '../memory/arena.js';
import { BATCH, type Batch } from '../memory/batch.js';
import { FreeList } from '../memory/free-list.js';
import { TxMarks } from '../memory/tx-marks.js';
import type { Capabilities, Device } from './device.js';
import { Capture } from './pcap-capture.js';
import { type FilterChange, Judge } from './pcap-filter.js';
import { PcapDrop, type PcapPage } from './pcap-page.js';

/** cap's snapshot length, and a tag that libpcap puts back. */
const LANDING_LENGTH = 65536 + 8;
/** How often the interface is looked at. */
const LOOK_MS = 100;
/** EAGAIN and ENOBUFS, in cap's words: the socket or the queue of the interface is full. */
const NO_ROOM = /temporarily unavailable|No buffer space/;

/** What is needed to run the device. */
export interface PcapPlace {
  readonly ifname: string;
  /** Buffers, and octets of one, a power of two. */
  readonly pool: number;
  readonly chunkSize: number;
  /** Octets of libpcap's buffer; a frame takes some 64 KiB of it. */
  readonly bufferLength: number;
}

export class PcapDevice implements Device {
  readonly arena: Arena;
  readonly capabilities: Capabilities;
  readonly marks: TxMarks;
  refused = 0;
  /** npm cap tells no times. */
  stamp = 0;
  readonly #free: FreeList;
  /** One a chunk, made when it is first sent from. */
  readonly #chunks: (Buffer | undefined)[] = [];
  /** Behind the chunks: where cap puts each frame before it is judged. */
  readonly #landingAt: number;
  readonly #landing: Buffer;
  readonly #received: FrameQueue;
  readonly #rules: Judge;
  readonly #monitor = monitor();
  readonly #looks: NodeJS.Timeout;
  #capture: Capture | undefined;
  #ifindex = 0;
  /** Frames since whoever waits was last called. */
  #unheard = 0;
  #resume: (() => void) | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #deadlineMs = 0;

  /** Opens the interface where it is up, and throws what that is refused with; down or gone, it is opened again by itself once it is back. */
  constructor(
    readonly place: PcapPlace,
    readonly page: PcapPage,
  ) {
    const { pool, chunkSize } = place;
    this.#rules = new Judge(page.table);
    const buffer = new ArrayBuffer(pool * chunkSize + LANDING_LENGTH);
    this.arena = { ...arenaOver(buffer, chunkSize), chunks: pool };
    this.capabilities = { maxFrame: chunkSize, queues: 1 };
    this.marks = new TxMarks(this.arena);
    this.#free = new FreeList(this.arena);
    this.#received = new FrameQueue(pool);
    this.#landingAt = pool * chunkSize;
    this.#landing = Buffer.from(buffer, this.#landingAt, LANDING_LENGTH);
    try {
      this.#open();
    } catch (error) {
      this.#monitor.close();
      throw error;
    }
    this.#looks = setInterval(() => this.#look(), LOOK_MS);
  }

  receive(batch: Batch): number {
    batch.count = 0;
    this.#received.moveTo(batch);
    return batch.count;
  }

  reserve(batch: Batch, count: number): number {
    let taken = 0;
    for (; taken < count && this.#free.count > 0 && batch.count < batch.capacity; taken++)
      batch.push(this.#free.take(), this.capabilities.maxFrame, 0);
    return taken;
  }

  /** Frames leave at once: cap has no ring to put them into. */
  transmit(batch: Batch): number {
    let found = 0;
    if (this.marks.count > 0) this.marks.queue(batch, nowNs());
    for (let i = 0; i < batch.count; i++) if (this.#send(batch.at[i]!, batch.length[i]!)) found++;
    batch.count = 0;
    return found;
  }

  release(batch: Batch): void {
    const { chunkSize } = this.arena;
    for (let i = 0; i < batch.count; i++) {
      this.marks.remove(batch.at[i]!);
      this.#free.give(batch.at[i]! & -chunkSize);
    }
    batch.count = 0;
  }

  flush(): void {}

  wait(timeoutMs: number): void | Promise<void> {
    if (this.#received.count > 0) return;
    // One timer serves many waits; it may end a later one early.
    if (this.#deadline === undefined || timeoutMs < this.#deadlineMs) {
      clearTimeout(this.#deadline);
      this.#deadlineMs = timeoutMs;
      // libuv counts from a clock of its own that may be behind: what is there comes first.
      this.#deadline = setTimeout(() => {
        this.#deadline = undefined;
        setImmediate(() => this.wake());
      }, timeoutMs);
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Ends a wait. */
  wake(): void {
    this.#unheard = 0;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** Puts a filter in the place of the present one between two frames. */
  setFilter(change: FilterChange): void {
    this.#rules.setFilter(change);
    if (change.packed !== 'same') this.page.hits.fill(0);
  }

  close(): void {
    clearInterval(this.#looks);
    clearTimeout(this.#deadline);
    this.#monitor.close();
    this.#capture?.close();
    this.#capture = undefined;
  }

  #onFrame(length: number): void {
    if (!this.page.isPaused) this.#decide(length);
    // Whoever waits also has a heart to keep beating, whatever comes in.
    if (this.#received.count > 0 || ++this.#unheard >= BATCH) this.wake();
  }

  #decide(length: number): void {
    const { hook } = this.page;
    const outcome = this.#rules.judge(this.arena.view, this.#landingAt, length);
    hook[outcome.verdict]!++;
    if (outcome.besides !== undefined) hook[outcome.besides]!++;
    if (outcome.isTaken) this.#keep(length);
  }

  /** Moves the frame out of the way of the next one. */
  #keep(length: number): void {
    if (length > this.capabilities.maxFrame) this.page.drops[PcapDrop.Oversize]!++;
    else if (this.#free.count === 0) this.page.drops[PcapDrop.BufferFull]!++;
    else {
      const at = this.#free.take();
      this.arena.octets.copyWithin(at, this.#landingAt, this.#landingAt + length);
      this.#received.push(at, length);
    }
  }

  /** Sends the frame and ends it; false where there is no room for it at the moment. */
  #send(at: number, length: number): boolean {
    const { buffer, octets, chunkSize } = this.arena;
    const chunk = at & -chunkSize;
    // cap sends from the beginning of a Buffer: there is one for each chunk, and none is made for a frame.
    if (at !== chunk) octets.copyWithin(chunk, at, at + length);
    const index = chunk / chunkSize;
    this.#chunks[index] ??= Buffer.from(buffer, chunk, chunkSize);
    let hasRoom = true;
    try {
      if (this.#capture === undefined) this.page.drops[PcapDrop.SendFailed]!++;
      else {
        this.#capture.send(this.#chunks[index], length);
        if (this.marks.count > 0) this.marks.complete(at, nowNs());
      }
    } catch (error) {
      hasRoom = !NO_ROOM.test((error as Error).message);
      if (hasRoom) this.page.drops[PcapDrop.SendFailed]!++;
      else this.refused++;
    }
    this.marks.remove(at);
    this.#free.give(chunk);
    return hasRoom;
  }

  /** Follows the interface: its end shows at the socket, its return in rtnetlink. */
  #look(): void {
    const hasChanged = this.#monitor.poll();
    this.#rules.copyHits(this.page.hits);
    const capture = this.#capture;
    if (capture !== undefined) {
      this.page.drops[PcapDrop.BufferFull]! += capture.takeLost();
      if (!capture.hasEnded && (!hasChanged || this.#isStillThere())) return;
      capture.close();
      this.#capture = undefined;
    } else if (!hasChanged) return;
    try {
      this.#open();
    } catch {
      // It went down again meanwhile: the next change tells.
    }
  }

  /** Up, and not another one under its name. */
  #isStillThere(): boolean {
    const found = link(this.place.ifname);
    if (!found?.up || found.ifindex !== this.#ifindex) return false;
    this.#rules.setBase(found);
    return true;
  }

  #open(): void {
    const { ifname, bufferLength } = this.place;
    const found: Link | undefined = link(ifname);
    if (!found?.up) return;
    this.#ifindex = found.ifindex;
    this.#rules.setBase(found);
    this.#capture = new Capture(ifname, bufferLength, this.#landing, (length) => this.#onFrame(length));
    this.page.countOpened();
  }
}

/** Frames between cap's callback and `receive`, in order. */
class FrameQueue {
  readonly #at: Uint32Array;
  readonly #length: Uint32Array;
  #first = 0;
  count = 0;

  constructor(readonly capacity: number) {
    this.#at = new Uint32Array(capacity);
    this.#length = new Uint32Array(capacity);
  }

  /** The caller has made sure that there is room. */
  push(at: number, length: number): void {
    const i = (this.#first + this.count++) % this.capacity;
    this.#at[i] = at;
    this.#length[i] = length;
  }

  /** As many as there is room for. */
  moveTo(batch: Batch): void {
    for (; this.count > 0 && batch.count < batch.capacity; this.count--) {
      batch.push(this.#at[this.#first]!, this.#length[this.#first]!, 0);
      this.#first = (this.#first + 1) % this.capacity;
    }
  }
}
