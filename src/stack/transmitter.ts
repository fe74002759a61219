import type { Arena } from '../memory/arena.js';
import type { Batch } from '../memory/batch.js';

/** What is needed of a device to send frames of one's own; `Device` is such. */
export interface Transmitter {
  readonly arena: Arena;
  readonly capabilities: { readonly maxFrame: number };
  reserve(batch: Batch, count: number): number;
  transmit(batch: Batch): number;
  release(batch: Batch): void;
  flush(): void;
}
