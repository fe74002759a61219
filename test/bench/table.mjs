import { QUIET } from './quiet.mjs';
import { BARS } from './verdict.mjs';

const LABELS = { kernel: 'kernel', c: 'C AF_XDP', evlnet: 'evlnet' };
const thousands = (n) => `${Math.round(n / 1000)}k`;
const fixed = (n, digits) => (n === undefined || Number.isNaN(n) ? '' : n.toFixed(digits));
const signed = (n) => (n === undefined ? '' : `${n < 0 ? '' : '+'}${n.toFixed(2)}`);

/** Columns as wide as their widest cell, the first `left` ones flush left. */
function columns(rows, left) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) => row.map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))))
    .map((row) => `  ${row.join('  ').trimEnd()}`)
    .join('\n');
}

const who = (row) => [
  LABELS[row.name],
  row.wait ? `spin ${row.wait}` : '',
  `${row.tagged ? 'tagged' : 'untagged'}${row.mode ? ` ${row.mode}` : ''}`,
];

const repliesTable = (rows) =>
  columns(
    [
      ['responder', 'wait', 'wire', 'replies/s', 'least', 'most', 'offered/s', '/ kernel', '/ C'],
      ...rows.map((row) => [
        ...who(row),
        ...[row.repliesPerSecond, ...row.repliesRange, row.offeredPerSecond].map(thousands),
        fixed(row.timesKernel, 2),
        fixed(row.timesC, 2),
      ]),
    ],
    3,
  );

const roundTripTable = (rows) =>
  columns(
    [
      ['responder', 'wait', 'wire', 'p50', 'p99', 'p99.9', 'max', 'lost', 'p50 - C', 'p99 / C', 'p99.9 / C'],
      ...rows.map((row) => [
        ...who(row),
        ...['p50', 'p99', 'p99.9', 'max'].map((key) => fixed(row.rtt[key], 1)),
        `${row.rtt.lost}`,
        signed(row.rtt.p50OverC),
        fixed(row.rtt.p99TimesC, 2),
        fixed(row.rtt['p99.9TimesC'], 2),
      ]),
    ],
    3,
  );

/** The text that people read; everything in it is in the JSON too. */
export function echoText(rows, { rounds, rate }) {
  const kernel = rows.find((row) => row.name === 'kernel');
  const disturbed = rows.filter((row) => row.others > QUIET);
  const misses = rows.flatMap((row) => (row.missed ?? []).map((text) => `${who(row)[1]}: ${text}`));
  return [
    `Echo replies a second, ${rate ? `${thousands(rate)} requests offered` : 'open load'}, 64-octet frames (60 without FCS); median of ${rounds}`,
    repliesTable(rows),
    '',
    `Echo round trip in µs, one at a time, as fast as replies come; median of ${rounds}`,
    roundTripTable(rows),
    '',
    'Ratios and differences: median of those of each round. Generator and pinger on CPU 0, responder on CPU 1.',
    "A veth delivers on the CPU that sends: XDP runs on CPU 0 for all, and the whole of the kernel's responder too.",
    ...(kernel && !kernel.tagged
      ? ['The kernel here has no 802.1Q: its responder answers untagged on the same wire, its best case.']
      : []),
    ...disturbed.map(
      (row) =>
        `Disturbed: other processes used up to ${row.others} % of a CPU beside ${who(row).slice(0, 2).join(' ')}`,
    ),
    ...(rows.some((row) => row.missed)
      ? [
          `Bars: replies >= ${BARS.kernel} x kernel, >= ${BARS.c} x C; p50 <= C + ${BARS.p50} µs, p99 <= ${BARS.p99} x, p99.9 <= ${BARS['p99.9']} x C; none lost: ${misses.length ? 'MISSED' : 'all met'}`,
          ...misses.map((text) => `  evlnet ${text}`),
        ]
      : []),
  ].join('\n');
}
