import { buckets, percentile } from '../../memory/histogram.js';
import type { View } from '../print/printer.js';
import type { Samples } from './samples.js';

/** One path; times in microseconds. */
export interface LatencyRecord {
  readonly path: 'out-of-band' | 'in-band';
  readonly destination: string;
  readonly transmitted: number;
  readonly received: number;
  /** Percent. */
  readonly loss: number;
  /** Intervals that passed without a request, as it came too late to the one before; absent where nobody knows. */
  readonly overruns?: number;
  /** Replies that the percentiles do not have. */
  readonly unseen?: number;
  /** Absent where nothing came back. */
  readonly rtt_us?: Times;
  /** Lower ends of the ranges that hold something. */
  readonly histogram?: readonly { readonly us: number; readonly count: number }[];
}

interface Times {
  readonly max: number;
  /** max − min */
  readonly jitter: number;
  readonly p9999: number;
  readonly p999: number;
  readonly p99: number;
  readonly p90: number;
  readonly p50: number;
  readonly avg: number;
  readonly mdev: number;
  readonly min: number;
}

const us = (ns: number): number => Math.round(ns / 100) / 10;

export function latencyRecord(
  path: LatencyRecord['path'],
  destination: string,
  s: Samples,
  withHistogram: boolean,
): LatencyRecord {
  const { transmitted, received, overruns, unseen, histogram } = s;
  return {
    path,
    destination,
    transmitted,
    received,
    loss: transmitted === 0 ? 0 : Math.round(((transmitted - received) / transmitted) * 1e6) / 1e4,
    ...(path === 'out-of-band' ? { overruns } : {}),
    ...(unseen > 0 ? { unseen } : {}),
    ...(received === 0 ? {} : { rtt_us: timesOf(s) }),
    ...(withHistogram
      ? { histogram: buckets(histogram).map(({ from, count }) => ({ us: from / 1000, count })) }
      : {}),
  };
}

function timesOf({ received, min, max, sum, sumOfSquares, histogram }: Samples): Times {
  const average = sum / received;
  // The ranges of the histogram are 3 % wide: what is known better holds.
  const at = (p: number) => us(Math.min(max, Math.max(min, percentile(histogram, p))));
  return {
    max: us(max),
    jitter: us(max - min),
    p9999: at(0.9999),
    p999: at(0.999),
    p99: at(0.99),
    p90: at(0.9),
    p50: at(0.5),
    avg: us(average),
    mdev: us(Math.sqrt(Math.max(0, sumOfSquares / received - average ** 2))),
    min: us(min),
  };
}

/** What a reader who needs a bound wants to know first stands first. */
const LINES: readonly (readonly [keyof Times, string])[] = [
  ['max', 'worst case'],
  ['jitter', 'jitter'],
  ['p9999', '99.99 %'],
  ['p999', '99.9 %'],
  ['p99', '99 %'],
  ['p90', '90 %'],
  ['p50', '50 %'],
  ['avg', 'average'],
  ['mdev', 'deviation'],
  ['min', 'best case'],
];

export const latencyView: View<LatencyRecord> = {
  text: (r) => {
    const { rtt_us: t } = r;
    const late = r.overruns ? `, ${r.overruns} overruns` : '';
    const lost = `${r.transmitted} transmitted, ${r.received} received, ${r.loss}% loss${late}`;
    return t === undefined
      ? [`${r.path} ${r.destination}: ${lost}`]
      : [
          `${r.path} ${r.destination}: worst ${t.max.toFixed(1)} jitter ${t.jitter.toFixed(1)} p99.9 ${t.p999.toFixed(1)} p50 ${t.p50.toFixed(1)} average ${t.avg.toFixed(1)} us, ${lost}`,
        ];
  },
  async table(records) {
    const { table } = await import('../print/table.js');
    const rows = LINES.map(([key, name]) => [
      name,
      ...records.map(({ rtt_us }) => (rtt_us === undefined ? '-' : rtt_us[key].toFixed(1))),
    ]);
    const counts = [
      ['transmitted', ...records.map((r) => String(r.transmitted))],
      ['lost', ...records.map((r) => `${r.transmitted - r.received} (${r.loss}%)`)],
      ['overruns', ...records.map((r) => String(r.overruns ?? '-'))],
      ...(records.some((r) => r.unseen) ? [['not in %', ...records.map((r) => String(r.unseen ?? 0))]] : []),
    ];
    return table(['us', ...records.map((r) => r.path)], [...rows, ...counts], [1, 2]);
  },
};
