const LABELS = { kernel: 'kernel', c: 'C AF_XDP', evlnet: 'evlnet', cap: 'evlnet, libpcap' };
const UDP_LABELS = {
  dgram: 'node:dgram',
  mmsg: 'C recvmmsg',
  service: 'evlnet service',
  socket: 'evlnet socket',
  polling: 'evlnet busyPoll',
};
const thousands = (n) => `${Math.round(n / 1000)}k`;

/** Columns as wide as their widest cell, the first `left` ones flush left. */
export function columns(rows, left) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) => row.map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))))
    .map((row) => `  ${row.join('  ').trimEnd()}`)
    .join('\n');
}

const who = (row) => [
  LABELS[row.name] ?? UDP_LABELS[row.name],
  row.wait ? `spin ${row.wait}` : '',
  `${row.tagged ? 'tagged' : 'untagged'}${row.mode ? ` ${row.mode}` : ''}`,
];

const repliesTable = (rows) =>
  columns(
    [
      ['responder', 'wait', 'wire', 'replies/s', 'least', 'most', 'offered/s'],
      ...rows.map((row) => [
        ...who(row),
        ...[row.repliesPerSecond, row.least, row.most, row.offeredPerSecond].map(thousands),
      ]),
    ],
    3,
  );

const roundTripTable = (rows, kind = 'rtt') =>
  columns(
    [
      ['responder', 'wait', 'wire', 'p50', 'p99', 'p99.9', 'max', 'lost'],
      ...rows.map((row) => [
        ...who(row),
        ...['p50', 'p99', 'p99.9', 'max'].map((key) => row[kind][key].toFixed(1)),
        `${row[kind].lost}`,
      ]),
    ],
    3,
  );

const barTable = (bars) =>
  columns(
    [
      ['evlnet', 'wait', 'value', '90 % interval', 'bar', 'met'],
      ...bars.map((bar) => [
        bar.name,
        `spin ${bar.wait}`,
        bar.value.toFixed(2),
        bar.low === undefined ? '' : `${bar.low.toFixed(2)} .. ${bar.high.toFixed(2)}`,
        bar.atLeast === undefined ? `<= ${bar.atMost}` : `>= ${bar.atLeast}`,
        bar.met,
      ]),
    ],
    2,
  );

/** The text that people read; everything in it is in the JSON too. */
export function echoText(rows, bars, { rounds, passes, rate }) {
  const kernel = rows.find((row) => row.name === 'kernel');
  const disturbed = rows.reduce((sum, row) => sum + row.disturbed, 0);
  const measured = rows.reduce((sum, row) => sum + row.measured, 0);
  const offered = rate ? `${thousands(rate)} requests a second offered` : 'open load';
  return [
    `Echo replies a second, ${offered}, 64-octet frames (60 without FCS), median`,
    repliesTable(rows),
    '',
    'Echo round trip in µs, one at a time, as fast as replies come, median',
    roundTripTable(rows),
    ...(bars.length
      ? ['', 'Against the bars: median of the comparisons within each pass', barTable(bars)]
      : []),
    '',
    `${rounds} rounds of ${passes} passes; generator and pinger on CPU 0, responder on CPU 1. A veth delivers on the CPU that sends:`,
    "XDP runs on CPU 0 for all, and the whole of the kernel's responder too.",
    ...(kernel && !kernel.tagged
      ? ['The kernel here has no 802.1Q: its responder answers untagged on a wire of its own, its best case.']
      : []),
    ...(disturbed
      ? [
          `Other work on the machine disturbed ${disturbed} of ${measured} measurements; left out where enough remain.`,
        ]
      : []),
  ].join('\n');
}

export function udpText(rows, bars, { rounds, passes, rate }) {
  const offered = rate ? `${thousands(rate)} a second offered` : 'open load';
  const named = bars.map((bar) => ({ ...bar, name: `${UDP_LABELS[bar.who]}: ${bar.name}` }));
  return [
    `Datagrams echoed a second, ${offered}, 64-octet frames (60 without FCS), median`,
    repliesTable(rows),
    '',
    'Round trip in µs, one at a time, as fast as replies come, median',
    roundTripTable(rows),
    '',
    'The same where the client sleeps while it waits, and everybody may run on any CPU',
    roundTripTable(rows, 'ordinaryRtt'),
    ...(named.length
      ? ['', 'Against the bars: median of the comparisons within each pass', barTable(named)]
      : []),
    '',
    `${rounds} rounds of ${passes} passes; generator and pinger, which spins, on CPU 0, everything else on CPU 1: worker and program share it. The`,
    "kernel's receive path runs on CPU 0 for node:dgram and C.",
    ...(rows.some((row) => !row.tagged)
      ? ['The kernel here has no 802.1Q: its sockets answer untagged on wires of their own, their best case.']
      : []),
  ].join('\n');
}
