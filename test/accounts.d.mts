import type { StatsRecord } from '../src/cli/stats/record.js';

type Counted = Omit<StatsRecord, 'verdicts' | 'service_time'>;
export function receptionDrops(record: Pick<Counted, 'drops'>): Record<string, number>;
export function unaccounted(record: Counted): number;
export function transmitted(record: Pick<Counted, 'drops' | 'stats64'>): number;
