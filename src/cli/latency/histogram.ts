import { type Bucket, buckets } from '../../memory/histogram.js';
import type { LatencyRecord } from './record.js';

const MOST_ROWS = 32;
const WIDTH = 40;

/** A row a range, the lower end in microseconds, the count and a bar: ranges are joined until they fit a screen. */
export function histogramLines(title: string, histogram: Float64Array): string[] {
  let rows: Bucket[] = [];
  for (let joined = 1; joined <= 32; joined *= 2) {
    rows = buckets(histogram, joined);
    if (rows.length <= MOST_ROWS) break;
  }
  const most = Math.max(...rows.map((r) => r.count), 1);
  return [
    `# us      ${title}`,
    ...rows.map(({ from, count }) => {
      const bar = '#'.repeat(Math.ceil((count / most) * WIDTH));
      return `${(from / 1000).toFixed(1).padStart(8)} ${String(count).padStart(8)} ${bar}`;
    }),
  ];
}

/** Rows that gnuplot reads, a column a path: `plot "FILE" using 1:2 with steps`. The numbers of the paths stand before them as comments. */
export function gnuplotRows(records: readonly LatencyRecord[]): string[] {
  const ends = new Set(records.flatMap((r) => (r.histogram ?? []).map((row) => row.us)));
  const counts = records.map((r) => new Map((r.histogram ?? []).map((row) => [row.us, row.count])));
  return [
    ...records.map((r) => `# ${JSON.stringify({ ...r, histogram: undefined })}`),
    `# us ${records.map((r) => r.path).join(' ')}`,
    ...[...ends].sort((a, b) => a - b).map((end) => [end, ...counts.map((of) => of.get(end) ?? 0)].join(' ')),
  ];
}
