import type { Arena } from '../memory/arena.js';
import type { Batch } from '../memory/batch.js';
import type { TxMarks } from '../memory/tx-marks.js';

export interface Capabilities {
  /** Largest frame, in octets without FCS, that fits one chunk. */
  readonly maxFrame: number;
  readonly queues: number;
}

/**
 * Frames in, frames out. A descriptor `(at, length, queue)` that `receive` or `reserve` hands out is ended exactly once: by `transmit`, which
 * gives it to the device for good, or by `release`. Nothing here throws, allocates or blocks but `wait`.
 */
export interface Device {
  readonly arena: Arena;
  readonly capabilities: Capabilities;
  /** Frames refused by `transmit` for want of room in the ring, and ended by it. */
  readonly refused: number;
  /** Mark of the frames that carry the time at which the driver had them (filter/stamp.ts): `receive` tells it. 0: none do, and it says nothing. */
  stamp: number;
  /** Frames to be sent of which the device tells when it took them, and when they were gone. */
  readonly marks: TxMarks;
  /** Lends received frames: fills `batch` from 0 up to its capacity, sets and returns its count. */
  receive(batch: Batch): number;
  /** Lends up to `count` empty chunks: pushes onto `batch`, returns how many. `length` is what fits. */
  reserve(batch: Batch, count: number): number;
  /** Takes the frames of `batch` and empties it. They leave at `flush` at the latest. Returns how many found room. */
  transmit(batch: Batch): number;
  /** Takes back the chunks of `batch` and empties it. */
  release(batch: Batch): void;
  /** Puts on the wire what `transmit` took. */
  flush(): void;
  /** Returns when there is something to receive, when `wake` was called, or after the time; may return early. A promise where events come from libuv. */
  wait(timeoutMs: number): void | Promise<void>;
}
