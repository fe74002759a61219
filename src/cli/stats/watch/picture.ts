import type { Paint } from '../../print/paint.js';
import { counterRows } from '../counters.js';
import { timesTable } from '../stages.js';
import { nameOf } from '../view.js';
import type { Rates, WatchRecord, WorkerRecord } from './record.js';
import { sparkline } from './sparkline.js';

/** So many intervals are kept. */
const HISTORY = 60;
const NAME = 22;
const RATE = 11;
/** Shown though they do not move. */
const ALWAYS = /^(rx packets|rx bytes|tx packets|tx bytes|echo replies|verdict .*)$/;
const VERDICTS = /^verdict /;

/** Intervals as lines of text: a row a counter, with what it was like before. */
export class Picture {
  /** What was not zero, an interval each. */
  readonly #history: ReadonlyMap<string, number>[] = [];
  readonly #moved = new Set<string>();

  constructor(
    readonly isUtf8: boolean,
    readonly paint: Paint,
  ) {}

  add({ stats }: WatchRecord): void {
    const rates = stats.flatMap((port) =>
      counterRows(port).map(([row, rate]): [string, number] => [keyOf(port, row), rate]),
    );
    const moving = new Map(rates.filter(([, rate]) => rate > 0));
    for (const key of moving.keys()) this.#moved.add(key);
    this.#history.push(moving);
    if (this.#history.length > HISTORY) this.#history.shift();
  }

  /** Of the interval that was added last, in so many columns. */
  lines({ times, stats, workers }: WatchRecord, columns: number): string[] {
    return [
      ...times.flatMap((record) => aligned(timesTable(record), columns)),
      ...stats.flatMap((port) => {
        const worker = workers.find(({ device }) => device === (port.link ?? port.ifname));
        const isAlone = !stats.some(({ link }) => link === port.ifname);
        return [
          title(nameOf(port), `  ${workerText(worker)}`, columns, this.paint),
          ...counterRows(port)
            .filter(([row]) => this.#isShown(port, row, isAlone))
            .map(([row, rate]) => this.#row(port, row, rate, columns)),
        ];
      }),
    ];
  }

  /** A base device that carries ports counts little itself. */
  #isShown(port: Rates, row: string, isAlone: boolean): boolean {
    return this.#moved.has(keyOf(port, row)) || (isAlone ? ALWAYS : VERDICTS).test(row);
  }

  #row(port: Rates, row: string, rate: number, columns: number): string {
    const text = `  ${row.padEnd(NAME)}${rateText(rate).padStart(RATE)} `;
    const key = keyOf(port, row);
    const past = this.#history.slice(Math.max(0, this.#history.length - Math.max(0, columns - text.length)));
    const rates = past.map((moving) => moving.get(key) ?? 0);
    return `${text}${sparkline(rates, this.isUtf8)}`.slice(0, columns);
  }
}

/** Workers that began or ended, a line each. */
export const eventLines = (workers: readonly WorkerRecord[]): string[] =>
  workers.flatMap(({ device, worker, began, ended }) => [
    ...(ended === undefined ? [] : [`${device}: worker ${ended} ended`]),
    ...(began ? [`${device}: worker ${worker} began`] : []),
  ]);

const keyOf = ({ ifname }: Rates, row: string) => `${ifname} ${row}`;

function workerText({ worker, driver, mode }: Partial<WorkerRecord> = {}): string {
  if (worker === undefined) return 'no worker';
  return [`worker ${worker}`, ...(driver === undefined ? [] : [`${driver} ${mode}`])].join(', ');
}

function title(name: string, rest: string, columns: number, paint: Paint): string {
  const room = columns - name.length;
  return room < 0 ? name.slice(0, columns) : paint.ifname(name) + rest.slice(0, room);
}

const EXACT_BELOW = 100;

function rateText(rate: number): string {
  if (rate === 0 || rate >= EXACT_BELOW) return String(Math.round(rate));
  return rate < 0.1 ? rate.toPrecision(1) : rate.toFixed(1);
}

/** Columns, the first to the left; those that find no room are left out. */
function aligned(rows: readonly (readonly string[])[], columns: number): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const ends = widths.map((_, i) => widths.slice(0, i + 1).reduce((sum, width) => sum + width + 2, -2));
  return rows.map((row) =>
    row
      .filter((_, i) => i === 0 || ends[i]! <= columns)
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .slice(0, columns),
  );
}
