import type { StatsRecord } from '../record.js';
import type { StagesRecord } from '../stages.js';

/** Everything per second. */
export type Rates = Omit<StatsRecord, 'service_time'>;

/** The worker of one base device. */
export interface WorkerRecord {
  readonly device: string;
  /** Process id, while one runs. */
  readonly worker?: number;
  readonly driver?: string;
  readonly mode?: string;
  /** It began since the last look. */
  readonly began?: true;
  /** Process id of one that ended since. */
  readonly ended?: number;
}

/** One interval, as `-j` prints it. */
export interface WatchRecord {
  /** With `-t`. */
  readonly timestamp?: string;
  /** Seconds since the last look, as they were. */
  readonly interval: number;
  readonly workers: readonly WorkerRecord[];
  readonly stats: readonly Rates[];
  /** Of this interval, by base device, in nanoseconds. */
  readonly times: readonly StagesRecord[];
}

const DIGITS = 6;

/** As far as a time, or what is divided by one, is known. */
export const known = (value: number): number => Number(value.toPrecision(DIGITS));

export function ratesOf({ service_time: _, ...counts }: StatsRecord, seconds: number): Rates {
  return perSecond(counts, seconds);
}

function perSecond<T>(value: T, seconds: number): T {
  if (typeof value === 'number') return known(value / seconds) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, perSecond(v, seconds)])) as T;
}
