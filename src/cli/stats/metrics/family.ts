export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Of a histogram: `_bucket`, `_count` or `_sum`. */
  readonly suffix?: string;
}

/** A metric family of OpenMetrics 1.0, under its name without the ending that its samples have. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  /** The name ends in it. */
  readonly unit?: 'bytes' | 'seconds';
  readonly help: string;
  readonly samples: readonly Sample[];
}

const ENDINGS = { counter: '_total', gauge: '', histogram: '', info: '_info' } as const;

/** The name that its samples have, but for what a histogram adds. */
export const metricName = ({ name, type }: Family): string => `${name}${ENDINGS[type]}`;
