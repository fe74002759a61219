import { QUIET } from './quiet.mjs';
import { interval, median } from './statistics.mjs';

/** What evlnet has to reach, in terms of the others in the same run. */
export const BARS = [
  { name: 'replies / kernel', of: 'kernel', atLeast: 1.3, value: (a, b) => rate(a) / rate(b) },
  { name: 'replies / C', of: 'c', atLeast: 0.95, value: (a, b) => rate(a) / rate(b) },
  { name: 'p50 - C, µs', of: 'c', atMost: 1, value: (a, b) => a.rtt.p50 - b.rtt.p50 },
  { name: 'p99 / C', of: 'c', atMost: 1.3, value: (a, b) => a.rtt.p99 / b.rtt.p99 },
  { name: 'p99.9 / C', of: 'c', atMost: 1.5, value: (a, b) => a.rtt['p99.9'] / b.rtt['p99.9'] },
];

/** The same of UDP: `who` has to reach it. */
const ratio = (key) => (a, b) => a.rtt[key] / b.rtt[key];
const ordinaryRatio = (a, b) => a.ordinaryRtt.p50 / b.ordinaryRtt.p50;
export const UDP_BARS = [
  {
    who: 'service',
    name: 'datagrams / node:dgram',
    of: 'dgram',
    atLeast: 2,
    value: (a, b) => rate(a) / rate(b),
  },
  { who: 'service', name: 'datagrams / C', of: 'mmsg', atLeast: 1, value: (a, b) => rate(a) / rate(b) },
  { who: 'service', name: 'p99.9 / node:dgram', of: 'dgram', atMost: 1, value: ratio('p99.9') },
  {
    who: 'socket',
    name: 'datagrams / node:dgram',
    of: 'dgram',
    atLeast: 1.5,
    value: (a, b) => rate(a) / rate(b),
  },
  { who: 'socket', name: 'p50 / node:dgram', of: 'dgram', atMost: 1, value: ratio('p50') },
  { who: 'socket', name: 'p50 / node:dgram, client sleeps', of: 'dgram', atMost: 1, value: ordinaryRatio },
  { who: 'polling', name: 'p50 / node:dgram, client sleeps', of: 'dgram', atMost: 1, value: ordinaryRatio },
];
const rate = (record) => record.load.repliesPerSecond;
const isQuiet = ({ load, rtt, ordinaryRtt }) =>
  Math.max(load.others, rtt.others, ordinaryRtt?.others ?? 0) <= QUIET;

/** Fewer undisturbed measurements than this give no interval, and say less than all of them. */
const ENOUGH = 5;
const quietOnes = (list, quiet) => {
  const good = list.filter(quiet);
  return good.length >= ENOUGH ? good : list;
};

/** What `--spin` makes no difference to. */
const WAITLESS = ['kernel', 'cap', 'dgram', 'mmsg'];

/** One row a responder and wait mode: medians of what was measured while others were quiet. */
export function summarize(records) {
  const kinds = new Map();
  for (const record of records) {
    const wait = WAITLESS.includes(record.name) ? undefined : record.wait;
    const key = `${record.name} ${wait}`;
    if (!kinds.has(key)) kinds.set(key, { name: record.name, wait, all: [] });
    kinds.get(key).all.push(record);
  }
  return [...kinds.values()].map(({ name, wait, all }) => {
    const own = quietOnes(all, isQuiet);
    const of = (pick) => median(own.map(pick));
    const rttOf = (kind) => {
      const rtt = { lost: all.reduce((sum, r) => sum + r[kind].lost, 0) };
      for (const key of ['p50', 'p99', 'p99.9', 'max']) rtt[key] = of((r) => r[kind][key]);
      return rtt;
    };
    return {
      name,
      wait,
      tagged: own[0].tagged,
      mode: own[0].mode,
      measured: all.length,
      disturbed: all.filter((r) => !isQuiet(r)).length,
      repliesPerSecond: of(rate),
      least: Math.min(...own.map(rate)),
      most: Math.max(...own.map(rate)),
      offeredPerSecond: of((r) => r.load.offeredPerSecond),
      rtt: rttOf('rtt'),
      ...(own[0].ordinaryRtt ? { ordinaryRtt: rttOf('ordinaryRtt') } : {}),
    };
  });
}

/**
 * evlnet against each bar, a wait mode at a time. Compared are measurements of the same pass, seconds apart; `value` is
 * the median of those comparisons. `met`: yes; no; or unclear, where the value misses the bar but its 90 % interval does not,
 * or where there are too few comparisons for one.
 */
export function judge(records, bars = BARS) {
  const waits = [...new Set(records.map((record) => record.wait))];
  return waits.flatMap((wait) =>
    bars.flatMap(({ who = 'evlnet', name, of, atLeast, atMost, value }) => {
      const pairs = quietOnes(pairsOf(records, wait, who, of), ([a, b]) => isQuiet(a) && isQuiet(b));
      if (pairs.length === 0) return [];
      const values = pairs.map(([a, b]) => value(a, b));
      return [{ who, wait, name, ...compare(values, { atLeast, atMost }) }];
    }),
  );
}

function compare(values, { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }) {
  const value = median(values);
  const [low, high] = interval(values) ?? [];
  const isMet = value >= atLeast && value <= atMost;
  const isMissed = high < atLeast || low > atMost;
  return {
    ...(atLeast > Number.NEGATIVE_INFINITY ? { atLeast } : { atMost }),
    value,
    low,
    high,
    met: isMet ? 'yes' : isMissed ? 'no' : 'unclear',
  };
}

function pairsOf(records, wait, who, of) {
  const own = records.filter((r) => r.wait === wait && r.name === who);
  const others = new Map(
    records.filter((r) => r.wait === wait && r.name === of).map((r) => [`${r.round}.${r.pass}`, r]),
  );
  return own.flatMap((r) => {
    const other = others.get(`${r.round}.${r.pass}`);
    return other ? [[r, other]] : [];
  });
}
