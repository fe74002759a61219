// What design demands of evlnet, in terms of the others in the same run.
import { median, range } from './statistics.mjs';

export const BARS = {
  kernel: 1.3,
  c: 0.95,
  p50: 1,
  p99: 1.3,
  'p99.9': 1.5,
};

const select = (records, name, wait) => records.filter((r) => r.name === name && r.wait === wait);

/** Pairs of the same round: the machine's speed changes between rounds more than within one. */
const paired = (a, b, f) =>
  median(a.flatMap((x) => b.filter((y) => y.round === x.round).map((y) => f(x, y))));

/** One row a responder and wait mode: medians, and where there is something to compare with, ratios and missed bars. */
export function judge(records) {
  const kernel = select(records, 'kernel', undefined);
  const waits = [...new Set(records.map((r) => r.wait).filter(Boolean))];
  const rows = [
    ...(kernel.length ? [row('kernel', undefined, kernel)] : []),
    ...waits.flatMap((wait) =>
      ['c', 'evlnet'].flatMap((name) => {
        const own = select(records, name, wait);
        return own.length ? [row(name, wait, own)] : [];
      }),
    ),
  ];
  for (const it of rows) {
    if (it.name === 'kernel') continue;
    const own = select(records, it.name, it.wait);
    if (kernel.length)
      it.timesKernel = paired(own, kernel, (a, b) => a.load.repliesPerSecond / b.load.repliesPerSecond);
    const other = select(records, 'c', it.wait);
    if (it.name !== 'evlnet') continue;
    if (other.length) compare(it, own, other);
    it.missed = missed(it);
  }
  return rows;
}

function row(name, wait, own) {
  const rtt = {};
  for (const key of ['p50', 'p99', 'p99.9', 'max']) rtt[key] = median(own.map((r) => r.rtt[key]));
  rtt.lost = own.reduce((sum, r) => sum + r.rtt.lost, 0);
  return {
    name,
    wait,
    tagged: own[0].tagged,
    mode: own[0].mode,
    repliesPerSecond: median(own.map((r) => r.load.repliesPerSecond)),
    repliesRange: range(own.map((r) => r.load.repliesPerSecond)),
    offeredPerSecond: median(own.map((r) => r.load.offeredPerSecond)),
    rtt,
    others: Math.max(...own.flatMap((r) => [r.load.others, r.rtt.others])),
  };
}

function compare(it, own, other) {
  it.timesC = paired(own, other, (a, b) => a.load.repliesPerSecond / b.load.repliesPerSecond);
  it.rtt.p50OverC = paired(own, other, (a, b) => a.rtt.p50 - b.rtt.p50);
  it.rtt.p99TimesC = paired(own, other, (a, b) => a.rtt.p99 / b.rtt.p99);
  it.rtt['p99.9TimesC'] = paired(own, other, (a, b) => a.rtt['p99.9'] / b.rtt['p99.9']);
}

function missed({ timesKernel, timesC, rtt }) {
  const said = [];
  const below = (value, bar, text) => value < bar && said.push(`${text} ${value.toFixed(2)} < ${bar}`);
  const above = (value, bar, text) => value > bar && said.push(`${text} ${value.toFixed(2)} > ${bar}`);
  below(timesKernel, BARS.kernel, 'replies / kernel');
  below(timesC, BARS.c, 'replies / C');
  above(rtt.p50OverC, BARS.p50, 'p50 - C');
  above(rtt.p99TimesC, BARS.p99, 'p99 / C');
  above(rtt['p99.9TimesC'], BARS['p99.9'], 'p99.9 / C');
  above(rtt.lost, 0, 'lost round trips');
  return said;
}
