import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HISTOGRAM_LENGTH, record, summarize } from '../../src/memory/histogram.js';

const histogram = (values: readonly number[]): Float64Array => {
  const h = new Float64Array(HISTOGRAM_LENGTH);
  for (const value of values) record(h, value, 1);
  return h;
};
/** The smallest value that at least the share `p` of all values does not exceed. */
const exact = (values: readonly number[], p: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * p) - 1)]!;

const WITHIN = 0.04;
/** A bucket is told by its end: never below the exact value, and no more than 4 % (or a nanosecond) above it. */
const near = (told: number, want: number) => told >= want && told - want <= Math.max(1, want * WITHIN);

test('percentiles and extremes are within 4 % of the exact ones', () => {
  const ns = fc.oneof(fc.nat(40), fc.nat(5_000), fc.nat(1_000_000), fc.nat(2 ** 31 - 1));
  fc.assert(
    fc.property(fc.array(ns, { minLength: 1, maxLength: 300 }), (values) => {
      const s = summarize(histogram(values))!;
      expect(s.count).toBe(values.length);
      expect(near(s.p50, exact(values, 0.5))).toBe(true);
      expect(near(s.p99, exact(values, 0.99))).toBe(true);
      expect(near(s.p999, exact(values, 0.999))).toBe(true);
      expect(near(s.max, Math.max(...values))).toBe(true);
      const least = Math.min(...values);
      expect(s.min <= least && least - s.min <= least * WITHIN).toBe(true);
      expect(s.average).toBe(Math.round(values.reduce((a, b) => a + b) / values.length));
    }),
    { numRuns: 500 },
  );
});

test('every value falls into one bucket, and buckets do not overlap', () => {
  for (let shift = 0; shift < 31; shift++)
    for (const value of [2 ** shift - 1, 2 ** shift, 2 ** shift + 1]) {
      const { min, max } = summarize(histogram([value]))!;
      expect(min <= value && value < max).toBe(true);
    }
});

test('times of a batch weigh as many as its frames', () => {
  const h = new Float64Array(HISTOGRAM_LENGTH);
  record(h, 100, 64);
  record(h, 50_000, 1);
  const s = summarize(h)!;
  expect(s.count).toBe(65);
  expect(s.average).toBe(Math.round((64 * 100 + 50_000) / 65));
  expect(near(s.p50, 100)).toBe(true);
  expect(near(s.p99, 50_000)).toBe(true);
});

test('what is out of range is kept at the end of the range', () => {
  const s = summarize(histogram([-5, 5e9]))!;
  expect(s.min).toBe(0);
  expect(s.max).toBeGreaterThanOrEqual(2 ** 31 - 1);
  expect(s.count).toBe(2);
});

test('an interval is what came between two readings', () => {
  const h = histogram([1_000_000, 2_000_000]);
  const before = h.slice();
  expect(summarize(h, before)).toBeUndefined();
  record(h, 300, 1);
  record(h, 300, 1);
  const s = summarize(h, before)!;
  expect(s.count).toBe(2);
  expect(s.average).toBe(300);
  expect(near(s.max, 300)).toBe(true);
});

test('an empty histogram has no summary', () => {
  expect(summarize(new Float64Array(HISTOGRAM_LENGTH))).toBeUndefined();
});
