import { buckets, sumOf } from '../../../memory/histogram.js';
import type { Labels, Sample } from './family.js';

/** Upper ends in seconds, written as OpenMetrics wants a number that is a label: as Go's %g does. */
const BOUNDS = [
  ...['1e-06', '2e-06', '5e-06', '1e-05', '2e-05', '5e-05', '0.0001', '0.0002', '0.0005'],
  ...['0.001', '0.002', '0.005', '0.01', '0.02', '0.05', '0.1', '0.2', '0.5', '1.0'],
].map((le) => ({ le, ns: Math.round(Number(le) * 1e9) }));

/** A range of the histogram that goes across a bound counts above it: nothing looks better than it was. */
export function histogramSamples(labels: Labels, histogram: Float64Array): Sample[] {
  const found = buckets(histogram);
  const upTo = (ns: number) => found.reduce((sum, { to, count }) => (to - 1 <= ns ? sum + count : sum), 0);
  const bucket = (le: string, value: number) => ({ suffix: '_bucket', labels: { ...labels, le }, value });
  // Of the ranges, not the histogram's own count: it may be written while it is read, and these must agree.
  const count = upTo(Number.POSITIVE_INFINITY);
  return [
    ...BOUNDS.map(({ le, ns }) => bucket(le, upTo(ns))),
    bucket('+Inf', count),
    { suffix: '_count', labels, value: count },
    { suffix: '_sum', labels, value: sumOf(histogram) / 1e9 },
  ];
}
