import type { Arena } from '../memory/arena.js';
import type { Batch } from '../memory/batch.js';
import type { TxMarks } from '../memory/tx-marks.js';

/** What is needed of a device to send frames of one's own; `Device` is such. */
export interface Transmitter {
  readonly arena: Arena;
  readonly capabilities: { readonly maxFrame: number };
  readonly marks: TxMarks;
  reserve(batch: Batch, count: number): number;
  transmit(batch: Batch): number;
  release(batch: Batch): void;
  flush(): void;
}

/** Lends `frames` chunks into the empty `out`: all of them, or none and false. */
export function reserveAll(device: Transmitter, out: Batch, frames: number): boolean {
  device.reserve(out, frames);
  if (out.count < frames) {
    // What has been transmitted and is not yet on the wire comes back.
    device.flush();
    device.reserve(out, frames - out.count);
  }
  if (out.count === frames) return true;
  device.release(out);
  return false;
}
