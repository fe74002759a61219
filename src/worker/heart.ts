// Tells a side that hangs from one that other programs keep from running: on a busy machine a thread may wait a second for a processor.
import type { ThreadActivity } from '../linux/thread-activity.js';

/** So long it may have stood still. What it had a processor for is known to some milliseconds, and from the second look on. */
const HUNG_MS = 950;

export class Heart {
  #last = -1;
  #stillMs = 0;
  #ranNs: number | undefined;

  /** `activity` is that of the thread whose heart it is. */
  constructor(private readonly activity: () => ThreadActivity | undefined) {}

  /** Whether, `ms` after the last look, it has stood still for a second in which it ran or slept. */
  hangs(heartbeat: number, ms: number): boolean {
    if (heartbeat !== this.#last) {
      this.#last = heartbeat;
      this.rest();
      return false;
    }
    this.#stillMs += this.#hadMs(ms);
    return this.#stillMs >= HUNG_MS;
  }

  /** What was counted is forgotten. */
  rest(): void {
    this.#stillMs = 0;
    this.#ranNs = undefined;
  }

  /** How much of the time was its own. */
  #hadMs(ms: number): number {
    const now = this.activity();
    if (now === undefined) return ms;
    const ranNs = now.ranNs - (this.#ranNs ?? now.ranNs);
    this.#ranNs = now.ranNs;
    return now.isReady ? Math.min(ms, ranNs / 1e6) : ms;
  }
}
