import { EchoTotal } from '../../memory/echo-page.js';

/** How long to wait for the last replies: ping(8)'s, where none has come, and at least, where some have. */
const PATIENCE_MS = 10_000;
const LINGER_MS = 1000;

/** How far the requests are: over several workers, where one takes over from another. */
export class Progress {
  /** By EchoTotal, of the workers before. */
  #before: number[] = [];
  #now: readonly number[] = [];
  #lastSentMs: number | undefined;
  /** When the last packet of either way was seen. */
  #lastMs: number | undefined;
  #isEnough = false;

  constructor(readonly count: number | undefined) {}

  /** Sums of all workers; the extremes are of all too. */
  get totals(): number[] {
    return this.#now.map((n, i) => {
      const before = this.#before[i] ?? 0;
      if (i === EchoTotal.Max) return Math.max(n, before);
      if (i === EchoTotal.Min && this.#before[EchoTotal.Received])
        return this.#now[EchoTotal.Received] ? Math.min(n, before) : before;
      return n + before;
    });
  }

  get sent(): number {
    return this.totals[EchoTotal.Sent] ?? 0;
  }

  get received(): number {
    return this.totals[EchoTotal.Received] ?? 0;
  }

  /** From here on another worker counts. */
  begin(): void {
    this.#before = this.totals;
    this.#now = this.#before.map(() => 0);
  }

  look(totals: readonly number[], nowMs: number): void {
    const packets = () => (this.#now[EchoTotal.Sent] ?? 0) + (this.#now[EchoTotal.Received] ?? 0);
    const before = packets();
    this.#now = totals;
    if (packets() > before) this.#lastMs = nowMs;
  }

  /** From then until the last packet: the end of a worker, or the wait for what does not come, is not the requests' time. */
  timeSince(startMs: number): number {
    return Math.max(0, (this.#lastMs ?? startMs) - startMs);
  }

  /** No more requests are sent: of those that are under way it is waited for a late reply, but nobody waits long who wants to end. */
  enough(nowMs: number): void {
    this.#isEnough = true;
    this.#lastSentMs ??= nowMs;
  }

  /** Whether nothing more is to be waited for. */
  isOver(nowMs: number): boolean {
    const { totals, count } = this;
    const [sent = 0, received = 0] = [totals[EchoTotal.Sent], totals[EchoTotal.Received]];
    if (!this.#isEnough && (count === undefined || sent < count)) return false;
    if (received >= sent) return true;
    this.#lastSentMs ??= nowMs;
    const longestMs = (2 * (totals[EchoTotal.Max] ?? 0)) / 1e6;
    const wait = received > 0 ? Math.max(LINGER_MS, longestMs) : PATIENCE_MS;
    return nowMs - this.#lastSentMs > (this.#isEnough ? Math.min(LINGER_MS, wait) : wait);
  }
}
