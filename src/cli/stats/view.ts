import { DROPS } from '../../drop.js';
import type { Style, View } from '../print/printer.js';
import { counterRows } from './counters.js';
import type { StatsRecord } from './record.js';

/** As many ports side by side as a terminal has room for. */
const PER_TABLE = 5;

export const statsView: View<StatsRecord> = {
  text: (record) => [`${nameOf(record)}:`, ...rows(record).map(([name, value]) => `    ${name} ${value}`)],
  brief: (record, { paint }) => ({
    name: nameOf(record),
    state: `rx ${record.stats64.rx.packets}`,
    paintName: paint.ifname,
    rest: [
      `tx ${record.stats64.tx.packets}`,
      ...Object.entries(record.drops)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => `${name} ${count}`),
    ],
  }),
  async table(records, style) {
    const { table } = await import('../print/table.js');
    const blocks: string[] = [];
    for (let i = 0; i < records.length; i += PER_TABLE)
      blocks.push(oneTable(records.slice(i, i + PER_TABLE), style, table));
    return blocks.join('\n\n');
  },
};

function oneTable(
  records: readonly StatsRecord[],
  { paint, details }: Style,
  table: typeof import('../print/table.js').table,
): string {
  const meanings = new Map(DROPS);
  const columns = records.map((record) => new Map(rows(record)));
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  const head = ['', ...records.map((record) => paint.ifname(record.ifname)), ...(details ? [''] : [])];
  return table(
    head,
    names.map((name) => [
      name,
      ...columns.map((column) => String(column.get(name) ?? '')),
      ...(details ? [meanings.get(name) ?? ''] : []),
    ]),
    records.map((_, i) => i + 1),
  );
}

export const nameOf = ({ ifname, link }: StatsRecord) => (link === undefined ? ifname : `${ifname}@${link}`);

function rows(record: StatsRecord): [name: string, value: string][] {
  const { service_time: time } = record;
  const us = (ns: number) => `${(ns / 1000).toFixed(1)} µs`;
  const times: [string, string][] =
    time === undefined
      ? []
      : (['min', 'average', 'p50', 'p99', 'p999', 'max'] as const).map((key) => [
          `service time ${key}`,
          us(time[key]),
        ]);
  return [...counterRows(record).map(([name, count]): [string, string] => [name, String(count)]), ...times];
}
