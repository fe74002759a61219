import { describe, expect, test } from '@jest/globals';

// Plain modules of scripts/bench, which runs without a build.
const load = (name: string) => import(`./${name}.mjs`);
const { interval, median } = await load('statistics');
const { judge, summarize } = await load('verdict');

const record = (name: string, pass: number, repliesPerSecond: number, others = 0) => ({
  round: 1,
  wait: 'none',
  pass,
  name,
  tagged: true,
  load: { repliesPerSecond, offeredPerSecond: 3e6, others },
  rtt: { p50: 4, p99: 5, 'p99.9': 30, max: 60, lost: 0, others: 0 },
});
const passes = (name: string, rates: number[]) => rates.map((rate, i) => record(name, i + 1, rate));
const bar = (bars: { name: string }[], name: string) => bars.find((b) => b.name === name);

describe('statistics', () => {
  test('median is the middle, or between the middle two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  test('interval holds the median with 90 % confidence', () => {
    const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
    expect(interval(upTo(4))).toBeUndefined();
    // Ranks of the sign test's tables: 1 of 5 to 7, 2 of 8, 6 of 20.
    expect(interval(upTo(5))).toEqual([1, 5]);
    expect(interval(upTo(7))).toEqual([1, 7]);
    expect(interval(upTo(8))).toEqual([2, 7]);
    expect(interval(upTo(20))).toEqual([6, 15]);
  });
});

describe('judge()', () => {
  test('compares within a pass, whatever the machine did between passes', () => {
    const bars = judge([
      ...passes('c', [900, 450, 900, 450, 900]),
      ...passes('evlnet', [891, 446, 891, 446, 891]),
    ]);
    expect(bar(bars, 'replies / C')).toMatchObject({ value: 0.99, met: 'yes' });
  });

  test('a bar is missed only when the interval is below it', () => {
    const missed = judge([
      ...passes('c', [100, 100, 100, 100, 100]),
      ...passes('evlnet', [90, 91, 92, 93, 94]),
    ]);
    expect(bar(missed, 'replies / C')).toMatchObject({ value: 0.92, high: 0.94, met: 'no' });
    const noisy = judge([
      ...passes('c', [100, 100, 100, 100, 100]),
      ...passes('evlnet', [70, 91, 92, 93, 99]),
    ]);
    expect(bar(noisy, 'replies / C')).toMatchObject({ met: 'unclear' });
    const single = judge([...passes('c', [100]), ...passes('evlnet', [10])]);
    expect(bar(single, 'replies / C')).toMatchObject({ met: 'unclear' });
  });

  test('says nothing of who was not measured', () => {
    expect(judge(passes('evlnet', [1]))).toEqual([]);
  });
});

describe('summarize()', () => {
  test('leaves out what other work disturbed, where enough remains', () => {
    const rows = summarize([...passes('c', [4, 5, 6, 7, 8]), record('c', 6, 1, 50)]);
    expect(rows).toMatchObject([{ name: 'c', wait: 'none', measured: 6, disturbed: 1, repliesPerSecond: 6 }]);
    const few = summarize([...passes('c', [6]), record('c', 2, 1, 50), record('c', 3, 1, 50)]);
    expect(few).toMatchObject([{ repliesPerSecond: 1 }]);
  });

  test('the kernel has one row, for it does not wait', () => {
    const rows = summarize([...passes('kernel', [1, 2]), { ...record('kernel', 1, 3), wait: 'always' }]);
    expect(rows).toMatchObject([{ name: 'kernel', wait: undefined, measured: 3, repliesPerSecond: 2 }]);
  });
});
