import { type Echo, EchoKind, EchoTotal } from '../../memory/echo-page.js';
import { HISTOGRAM_LENGTH, record } from '../../memory/histogram.js';

/** Round-trip times of one path, in nanoseconds. */
export class Samples {
  readonly histogram = new Float64Array(HISTOGRAM_LENGTH);
  transmitted = 0;
  received = 0;
  /** Replies whose time is in the sums, but not in the histogram: whoever carries single ones was behind. */
  unseen = 0;
  /** Intervals that passed without a request. */
  overruns = 0;
  min = 0;
  max = 0;
  sum = 0;
  sumOfSquares = 0;
  #count = 0;
  /** The worst since this was last asked for. */
  #recent = 0;

  add(ns: number): void {
    record(this.histogram, ns, 1);
    this.min = this.#count === 0 ? ns : Math.min(this.min, ns);
    this.max = Math.max(this.max, ns);
    this.sum += ns;
    this.sumOfSquares += ns * ns;
    this.#recent = Math.max(this.#recent, ns);
    this.received = ++this.#count;
  }

  /** What the out-of-band side tells: its totals count every reply, the single ones may be fewer. */
  look(totals: readonly number[], echoes: readonly Echo[]): void {
    for (const echo of echoes) if (echo.kind === EchoKind.Reply) this.add(echo.ns);
    const of = (total: number) => totals[total] ?? 0;
    this.transmitted = of(EchoTotal.Sent);
    this.received = of(EchoTotal.Received);
    this.unseen = this.received - this.#count;
    this.overruns = of(EchoTotal.Overruns);
    this.min = of(EchoTotal.Min);
    this.max = of(EchoTotal.Max);
    this.sum = of(EchoTotal.Sum);
    this.sumOfSquares = of(EchoTotal.SumOfSquares);
  }

  takeRecent(): number {
    const recent = this.#recent;
    this.#recent = 0;
    return recent;
  }
}
