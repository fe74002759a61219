import type { Stats64 } from '../../configuration/counters.js';

const COLUMNS = ['bytes', 'packets', 'dropped'] as const;

/** The lines of `ip -s link`, as far as there is something to say. */
export function statisticsLines({ rx, tx }: Stats64): string[] {
  const widths = COLUMNS.map((key) => Math.max(key.length, `${rx[key]}`.length, `${tx[key]}`.length));
  const row = (cells: readonly (string | number)[]) =>
    cells.map((cell, i) => String(cell).padStart(widths[i]!)).join(' ');
  return [
    `    RX:  ${row(COLUMNS)}`,
    `         ${row(COLUMNS.map((key) => rx[key]))}`,
    `    TX:  ${row(COLUMNS)}`,
    `         ${row(COLUMNS.map((key) => tx[key]))}`,
  ];
}
