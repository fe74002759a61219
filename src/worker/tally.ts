import { join } from 'node:path';
import { readCounters, SLOT_STRIDE } from '../memory/counters.js';
import { HISTOGRAM_LENGTH } from '../memory/histogram.js';

/**
 * What happened on some ports since one moment, over one worker or several: counters are read from the worker's page, so that
 * counting costs it nothing, and a worker that dies loses at most what came after the last look.
 */
export class Tally {
  /** By `Drop` and `SlotCounter`, summed over the ports. */
  readonly counts = new Float64Array(SLOT_STRIDE);
  readonly serviceTime = new Float64Array(HISTOGRAM_LENGTH);
  #file: string | undefined;
  #slots: readonly number[] = [];
  #last: { counts: Float64Array; serviceTime: Float64Array } | undefined;

  /** From here on the worker of `folder` is looked at. */
  follow(folder: string, slots: readonly number[]): void {
    this.#file = join(folder, 'stats');
    this.#slots = slots;
    this.#last = this.#read();
  }

  /** Adds what has come since the last look. */
  look(): void {
    const now = this.#read();
    if (now === undefined || this.#last === undefined) return;
    add(this.counts, now.counts, this.#last.counts);
    add(this.serviceTime, now.serviceTime, this.#last.serviceTime);
    this.#last = now;
  }

  #read(): { counts: Float64Array; serviceTime: Float64Array } | undefined {
    try {
      const page = readCounters(this.#file!, this.#slots);
      if (page === undefined) return undefined;
      const counts = new Float64Array(SLOT_STRIDE);
      for (const slot of page.slots.values()) add(counts, slot.counts);
      return { counts, serviceTime: page.serviceTime };
    } catch {
      // The worker has gone and its page with it.
      return undefined;
    }
  }
}

/** A counter that went back was reset: what it shows now is all new. */
const add = (to: Float64Array, now: Float64Array, before?: Float64Array): void => {
  for (let i = 0; i < to.length; i++) {
    const difference = now[i]! - (before?.[i] ?? 0);
    to[i]! += difference < 0 ? now[i]! : difference;
  }
};
