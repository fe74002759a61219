import { GCProfiler, getHeapStatistics } from 'node:v8';
import { type Counters, DeviceCounter, Stage } from '../memory/counters.js';
import { record } from '../memory/histogram.js';

/** Garbage collections of this thread, counted while somebody wants that; they are told when one of those has enough. */
export class Collections {
  #profiler: GCProfiler | undefined;
  #wanting = 0;

  constructor(readonly counters: Counters) {}

  count(on: boolean): void {
    this.#wanting = Math.max(0, this.#wanting + (on ? 1 : -1));
    const { device, stages } = this.counters;
    device[DeviceCounter.HeapUsed] = getHeapStatistics().used_heap_size;
    if (!on) {
      // Costs are in microseconds.
      const times = (this.#profiler?.stop()?.statistics ?? []).map(({ cost }) => cost * 1000);
      this.#profiler = undefined;
      for (const ns of times) record(stages[Stage.Collections]!, ns, 1);
      device[DeviceCounter.Collections] = times.length;
      device[DeviceCounter.CollectionsNs] = times.reduce((sum, ns) => sum + ns, 0);
    }
    if (this.#wanting === 0 || this.#profiler !== undefined) return;
    this.#profiler = new GCProfiler();
    this.#profiler.start();
  }
}
