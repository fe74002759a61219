import { STAGES, type StageName } from '../../memory/counters.js';
import { type Bucket, buckets, type Summary, summarize } from '../../memory/histogram.js';
import type { View } from '../print/printer.js';

/** Histograms of one device, by name. */
export type Histograms = ReadonlyMap<HistogramName, Float64Array>;
export type HistogramName = 'service_time' | StageName;

const NAMES: readonly HistogramName[] = ['service_time', ...STAGES];
const TEXTS: Readonly<Record<HistogramName, string>> = {
  service_time: 'service time',
  driver_queue: 'received: driver to queue',
  driver_done: 'received: driver to reply',
  queue_application: 'received: queue to application',
  application_queue: 'sent: application to queue',
  queue_driver: 'sent: queue to driver',
  collections: 'garbage collections',
};

/** Times of one device in nanoseconds; what was not measured is absent. */
export type StagesRecord = { readonly ifname: string } & { readonly [K in HistogramName]?: Times };

export interface Times extends Partial<Summary> {
  readonly count: number;
  /** Lower ends of the ranges that hold something; with -d. */
  readonly histogram?: readonly Pick<Bucket, 'from' | 'count'>[];
}

/** Of a page. */
export const histogramsOf = (page: {
  readonly serviceTime: Float64Array;
  readonly stages: readonly Float64Array[];
}): Histograms => new Map(NAMES.map((name, i) => [name, i === 0 ? page.serviceTime : page.stages[i - 1]!]));

/** What came between the two; a reset in between leaves what came after it. */
export const between = (before: Histograms, after: Histograms): Histograms =>
  new Map(
    [...after].map(([name, now]) => {
      const then = before.get(name);
      const isGrown = then !== undefined && now.every((count, i) => count >= then[i]!);
      return [name, isGrown ? now.map((count, i) => count - then[i]!) : now];
    }),
  );

/** `counts`: garbage collections were looked for, so that none is an answer. */
export const stagesRecord = (
  ifname: string,
  histograms: Histograms,
  counts: boolean,
  withRanges: boolean,
): StagesRecord => ({
  ifname,
  ...Object.fromEntries(
    [...histograms].flatMap(([name, histogram]): [HistogramName, Times][] => {
      const summary = summarize(histogram);
      if (summary === undefined) return counts && name === 'collections' ? [[name, { count: 0 }]] : [];
      const ranges = buckets(histogram).map(({ from, count }) => ({ from, count }));
      return [[name, { ...summary, ...(withRanges ? { histogram: ranges } : {}) }]];
    }),
  ),
});

/** Worst case first, as `latency` has it. */
const COLUMNS: readonly (readonly [keyof Summary, string])[] = [
  ['max', 'worst case'],
  ['p999', '99.9 %'],
  ['p99', '99 %'],
  ['p50', '50 %'],
  ['average', 'average'],
  ['min', 'best case'],
];
const us = (ns: number | undefined) => (ns === undefined ? '-' : (ns / 1000).toFixed(1));

const measured = (record: StagesRecord): [text: string, times: Times][] =>
  NAMES.flatMap((name): [string, Times][] => {
    const times = record[name];
    return times === undefined ? [] : [[TEXTS[name], times]];
  });

/** What was measured, a row each below the names of the columns. */
export const timesTable = (record: StagesRecord, paint = (ifname: string) => ifname): string[][] => [
  [`${paint(record.ifname)}, us`, ...COLUMNS.map(([, name]) => name), 'count'],
  ...measured(record).map(([text, times]) => [
    text,
    ...COLUMNS.map(([key]) => us(times[key])),
    String(times.count),
  ]),
];

export const stagesView: View<StagesRecord> = {
  text: (record) => [
    `${record.ifname}:`,
    ...measured(record).map(
      ([text, times]) =>
        `    ${text}: ${COLUMNS.map(([key, name]) => `${name} ${us(times[key])}`).join(' ')} us, ${times.count}`,
    ),
  ],
  async table(records, { paint }) {
    const { table } = await import('../print/table.js');
    return records
      .map((record) => {
        const [head, ...rows] = timesTable(record, paint.ifname);
        return table(head, rows, [1, 2, 3, 4, 5, 6, 7]);
      })
      .join('\n\n');
  },
};

/** Title and histogram of what was measured. */
export const titled = (histograms: Histograms): [title: string, histogram: Float64Array][] =>
  [...histograms].flatMap(([name, histogram]) =>
    summarize(histogram) === undefined ? [] : [[TEXTS[name], histogram]],
  );
