import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { type Counters, DeviceCounter, Stage } from '../memory/counters.js';
import { record } from '../memory/histogram.js';

/**
 * Garbage collections of this thread, counted while somebody wants that; they are told when one of those has enough. An observer hears of them
 * only from the event loop, which gets a turn for that. v8.GCProfiler needs none, but one that was stopped (Node 20) goes on writing 3 KiB a
 * collection into memory that it keeps until a full one, which this thread may never have.
 */
export class Collections {
  #observer: PerformanceObserver | undefined;
  #wanting = 0;
  /** Nanoseconds of each that was heard of and not told yet. */
  #times: number[] = [];

  constructor(readonly counters: Counters) {}

  /** Resolves once what was counted is told; nothing to wait for: undefined. */
  count(on: boolean): Promise<void> | undefined {
    this.#wanting = Math.max(0, this.#wanting + (on ? 1 : -1));
    this.counters.device[DeviceCounter.HeapUsed] = getHeapStatistics().used_heap_size;
    if (!on) return this.#tell();
    if (this.#observer === undefined) {
      this.#observer = new PerformanceObserver((list) => this.#note(list.getEntries()));
      this.#observer.observe({ type: 'gc' });
    }
    return undefined;
  }

  async #tell(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#note(this.#observer?.takeRecords() ?? []);
    const { device, stages } = this.counters;
    const times = this.#times;
    this.#times = [];
    for (const ns of times) record(stages[Stage.Collections]!, ns, 1);
    device[DeviceCounter.Collections] = times.length;
    device[DeviceCounter.CollectionsNs] = times.reduce((sum, ns) => sum + ns, 0);
    if (this.#wanting > 0) return;
    this.#observer?.disconnect();
    this.#observer = undefined;
  }

  #note(entries: readonly PerformanceEntry[]): void {
    for (const { duration } of entries) this.#times.push(duration * 1e6);
  }
}
