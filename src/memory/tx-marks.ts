import type { Arena } from './arena.js';
import type { Batch } from './batch.js';

/** Frames at a time whose way out is followed. */
export const TX_MARKS = 1024;
const NONE = 0;

/** Is told of a frame of `owner` that has left; times in nanoseconds of CLOCK_MONOTONIC, the driver's 0 where it says nothing. */
export interface TxSink {
  sent(owner: unknown, id: number, applicationNs: number, queueNs: number, driverNs: number): void;
}

/**
 * Frames on their way out of which somebody wants to know when they left, by the chunk that they lie in: so the times find them wherever they
 * wait. The device tells when it took them and when they were gone; nothing is allocated. `count` is 0 almost always: then nobody looks.
 */
export class TxMarks {
  /** Frames that are followed, and those of them that the device has taken. */
  count = 0;
  underWay = 0;
  sink: TxSink | undefined = undefined;
  /** By chunk: one more than the place below. */
  readonly #ofChunk: Uint16Array;
  readonly #chunkShift: number;
  readonly #owner = new Array<unknown>(TX_MARKS + 1).fill(undefined);
  readonly #id = new Float64Array(TX_MARKS + 1);
  readonly #applicationNs = new Float64Array(TX_MARKS + 1);
  readonly #queueNs = new Float64Array(TX_MARKS + 1);
  /** A stack of the places that are free. */
  readonly #free = Uint16Array.from({ length: TX_MARKS }, (_, i) => TX_MARKS - i);

  constructor({ chunks, chunkSize }: Arena) {
    this.#ofChunk = new Uint16Array(chunks);
    this.#chunkShift = 31 - Math.clz32(chunkSize);
  }

  /** Follows the frame at `at`, that its application sent at `applicationNs`; false where there are too many. */
  add(at: number, owner: unknown, id: number, applicationNs: number): boolean {
    if (this.count === TX_MARKS) return false;
    this.remove(at);
    const place = this.#free[TX_MARKS - 1 - this.count]!;
    this.count++;
    this.#ofChunk[at >>> this.#chunkShift] = place;
    this.#owner[place] = owner;
    this.#id[place] = id;
    this.#applicationNs[place] = applicationNs;
    this.#queueNs[place] = 0;
    return true;
  }

  /** Device: takes those of `batch` at `nowNs`. */
  queue(batch: Batch, nowNs: number): void {
    for (let i = 0; i < batch.count; i++) {
      const place = this.#ofChunk[batch.at[i]! >>> this.#chunkShift]!;
      if (place === NONE || nowNs === 0) continue;
      this.#queueNs[place] = nowNs;
      this.underWay++;
    }
  }

  /** Device: what lay in the chunk of `at` has left at `nowNs`, 0 where nobody knows. */
  complete(at: number, nowNs: number): void {
    const chunk = at >>> this.#chunkShift;
    const place = this.#ofChunk[chunk]!;
    if (place === NONE) return;
    const owner = this.#owner[place];
    this.#end(chunk, place);
    this.sink?.sent(owner, this.#id[place]!, this.#applicationNs[place]!, this.#queueNs[place]!, nowNs);
  }

  /** The frame at `at` will not leave. */
  remove(at: number): void {
    const chunk = at >>> this.#chunkShift;
    const place = this.#ofChunk[chunk]!;
    if (place !== NONE) this.#end(chunk, place);
  }

  /** Nobody is to be told of what `owner` sent. */
  forget(owner: unknown): void {
    if (this.count === 0) return;
    for (let chunk = 0; chunk < this.#ofChunk.length; chunk++) {
      const place = this.#ofChunk[chunk]!;
      if (place !== NONE && this.#owner[place] === owner) this.#end(chunk, place);
    }
  }

  #end(chunk: number, place: number): void {
    this.#ofChunk[chunk] = NONE;
    this.#owner[place] = undefined;
    if (this.#queueNs[place] !== 0) this.underWay--;
    this.count--;
    this.#free[TX_MARKS - 1 - this.count] = place;
  }
}
