// Log-linear histogram of times over a Float64Array that another process may read while it is written: 32 buckets an
// octave, so that a value is known to 3 %.
const SUB_BITS = 5;
const SUB = 1 << SUB_BITS;
/** Up to 2^36 ns, more than a minute. */
const OCTAVES = 32;
const BUCKETS = SUB * OCTAVES;
const COUNT = BUCKETS;
const SUM = BUCKETS + 1;
export const HISTOGRAM_LENGTH = BUCKETS + 8;

const MAX = 2 ** 31 - 1;

function bucketOf(ns: number): number {
  const n = ns > MAX ? MAX : ns < 0 ? 0 : ns | 0;
  if (n < SUB) return n;
  const shift = 31 - Math.clz32(n) - SUB_BITS;
  return ((shift + 1) << SUB_BITS) + ((n >> shift) & (SUB - 1));
}

/** Smallest value of a bucket, and of the next one: what it holds lies between. */
const floorOf = (bucket: number): number => {
  if (bucket < SUB) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  return (SUB + (bucket & (SUB - 1))) * 2 ** shift;
};

/** Counts `times` events of `ns` nanoseconds; above 2.1 s they count as that. */
export function record(h: Float64Array, ns: number, times: number): void {
  h[bucketOf(ns)]! += times;
  h[COUNT]! += times;
  h[SUM]! += ns * times;
}

/** Nanoseconds of all events together. */
export const sumOf = (h: Float64Array): number => h[SUM]!;

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly average: number;
  readonly max: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** What `after` holds beyond `before`; times in nanoseconds. */
export function summarize(after: Float64Array, before?: Float64Array): Summary | undefined {
  const of = (i: number) => after[i]! - (before?.[i] ?? 0);
  const count = of(COUNT);
  if (count <= 0) return undefined;
  let min = -1;
  let max = 0;
  for (let b = 0; b < BUCKETS; b++)
    if (of(b) > 0) {
      if (min < 0) min = floorOf(b);
      max = floorOf(b + 1);
    }
  return {
    count,
    min,
    average: Math.round(of(SUM) / count),
    max,
    p50: quantile(of, count, 0.5),
    p99: quantile(of, count, 0.99),
    p999: quantile(of, count, 0.999),
  };
}

/** What the share `p` of all is not above, in nanoseconds; 0 where there is nothing. */
export const percentile = (h: Float64Array, p: number): number =>
  h[COUNT] === 0 ? 0 : quantile((i) => h[i]!, h[COUNT]!, p);

function quantile(of: (bucket: number) => number, count: number, p: number): number {
  let left = count * p;
  let last = 0;
  for (let b = 0; b < BUCKETS; b++) {
    if (of(b) === 0) continue;
    left -= of(b);
    last = floorOf(b + 1);
    if (left <= 0) break;
  }
  return last;
}

/** A range of times in nanoseconds, and how many lay in it. */
export interface Bucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The buckets that hold something, ascending; `joined` of them, a power of two up to 32, count as one. */
export function buckets(h: Float64Array, joined = 1): Bucket[] {
  const found: Bucket[] = [];
  for (let b = 0; b < BUCKETS; b += joined) {
    const count = h.subarray(b, b + joined).reduce((sum, n) => sum + n, 0);
    if (count > 0) found.push({ from: floorOf(b), to: floorOf(b + joined), count });
  }
  return found;
}
