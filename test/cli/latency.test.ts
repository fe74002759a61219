import { describe, expect, test } from '@jest/globals';
import { gnuplotRows, histogramLines } from '../../src/cli/latency/histogram.js';
import { ProgressRows } from '../../src/cli/latency/progress-rows.js';
import { latencyRecord, latencyView } from '../../src/cli/latency/record.js';
import { Samples } from '../../src/cli/latency/samples.js';
import { type Echo, EchoKind } from '../../src/memory/echo-page.js';
import { buckets, percentile } from '../../src/memory/histogram.js';
import { FakeHost } from './fake.js';

const US = 1000;
const echo = (ns: number, kind: EchoKind = EchoKind.Reply): Echo => ({
  client: 0,
  kind,
  sequence: 1,
  source: 0,
  length: 64,
  ttl: 64,
  ns,
  detail: 0,
});
/** Totals as the out-of-band side has them of these times, `lost` requests besides. */
const totals = (times: readonly number[], lost = 0): number[] => [
  times.length + lost,
  times.length,
  0,
  0,
  times.reduce((a, b) => a + b, 0),
  times.reduce((a, b) => a + b * b, 0),
  Math.min(...times),
  Math.max(...times),
];

/** 900 replies of 20 µs, 99 of 50 µs, one of 812.4 µs; two requests lost. */
function usual(): Samples {
  const times = [...Array<number>(900).fill(20 * US), ...Array<number>(99).fill(50 * US), 812_400];
  const samples = new Samples();
  samples.look(
    totals(times, 2),
    times.map((ns) => echo(ns)),
  );
  return samples;
}

test('the record has the worst case, the jitter, percentiles to 3 %, all in microseconds', () => {
  const record = latencyRecord('out-of-band', '10.10.10.10', usual(), false);
  expect(record).toEqual({
    path: 'out-of-band',
    destination: '10.10.10.10',
    transmitted: 1002,
    received: 1000,
    loss: 0.1996,
    overruns: 0,
    rtt_us: expect.objectContaining({ max: 812.4, jitter: 792.4, min: 20, avg: 23.8 }),
  });
  const { p9999, p999, p99, p90, p50 } = record.rtt_us!;
  expect([p9999, p999, p99, p90, p50].map((us) => Math.round(us / 10) * 10)).toEqual([810, 50, 50, 20, 20]);
});

test('single replies that did not come are told, and still in worst case and average', () => {
  const samples = new Samples();
  samples.look(totals([20 * US, 500 * US, 30 * US]), [echo(20 * US), echo(30 * US)]);
  expect(latencyRecord('out-of-band', 'x', samples, true)).toMatchObject({
    received: 3,
    unseen: 1,
    rtt_us: { max: 500, min: 20 },
    histogram: [{ count: 1 }, { count: 1 }],
  });
});

test('duplicates and errors are no samples; without a reply there are no times', () => {
  const samples = new Samples();
  samples.look([5, 0, 1, 1, 0, 0, 0, 0], [echo(9, EchoKind.Duplicate), echo(9, EchoKind.Error)]);
  const record = latencyRecord('in-band', '192.0.2.10', samples, false);
  expect(record).toEqual({
    path: 'in-band',
    destination: '192.0.2.10',
    transmitted: 5,
    received: 0,
    loss: 100,
  });
  expect(latencyView.text(record, {} as never)).toEqual([
    'in-band 192.0.2.10: 5 transmitted, 0 received, 100% loss',
  ]);
});

describe('what people read', () => {
  const own = latencyRecord('out-of-band', '10.10.10.10', usual(), true);
  const none = latencyRecord('in-band', '192.0.2.10', new Samples(), true);

  test('the table begins with the worst case, a column a path', async () => {
    expect((await latencyView.table!([own, none], {} as never)).split('\n')).toEqual([
      'us           out-of-band  in-band',
      'worst case         812.4        -',
      'jitter             792.4        -',
      '99.99 %            812.4        -',
      expect.stringMatching(/^99\.9 % +5\d\.\d {8}-$/),
      expect.stringMatching(/^99 % +5\d\.\d {8}-$/),
      expect.stringMatching(/^90 % +20\.\d {8}-$/),
      expect.stringMatching(/^50 % +20\.\d {8}-$/),
      'average             23.8        -',
      expect.stringMatching(/^deviation +\d+\.\d {8}-$/),
      'best case           20.0        -',
      'transmitted         1002        0',
      'lost         2 (0.1996%)   0 (0%)',
      'overruns               0        -',
    ]);
  });

  test('overruns are told where there are some', () => {
    const samples = usual();
    samples.overruns = 3;
    const late = latencyRecord('out-of-band', '10.10.10.10', samples, false);
    expect(latencyView.text(late, {} as never)[0]).toMatch(/0\.1996% loss, 3 overruns$/);
  });

  test('a line is the same for -o', () => {
    expect(latencyView.text(own, {} as never)[0]).toMatch(
      /^out-of-band 10\.10\.10\.10: worst 812\.4 jitter 792\.4 p99\.9 .* us, 1002 transmitted, 1000 received, 0\.1996% loss$/,
    );
  });

  test('rows for gnuplot: comments, then a column a path', () => {
    const rows = gnuplotRows([own, none]);
    expect(rows.slice(0, 2).map((row) => row.slice(0, 10))).toEqual(['# {"path":', '# {"path":']);
    expect(rows.slice(2)).toEqual([
      '# us out-of-band in-band',
      expect.stringMatching(/^19\.\d+ 900 0$/),
      expect.stringMatching(/^49\.\d+ 99 0$/),
      expect.stringMatching(/^8\d\d\.\d+ 1 0$/),
    ]);
  });

  test('a histogram fits a screen', () => {
    const samples = new Samples();
    for (let ns = 10 * US; ns < 9000 * US; ns *= 1.01) samples.add(ns);
    const lines = histogramLines('out-of-band', samples.histogram);
    expect(lines.length).toBeLessThanOrEqual(33);
    const counts = lines.slice(1).map((line) => Number(line.trim().split(/ +/)[1]));
    expect(counts.reduce((a, b) => a + b, 0)).toBe(samples.received);
  });

  test('a row a second, each with the worst of its own second', () => {
    const samples = new Samples();
    const lines: string[] = [];
    const rows = new ProgressRows(samples, undefined, (line) => lines.push(line));
    rows.begin(0);
    samples.look(totals([700 * US]), [echo(700 * US)]);
    rows.look(999);
    rows.look(1000);
    samples.look([...totals([700 * US, 30 * US]), 0, 3], [echo(30 * US)]);
    rows.look(2010);
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['# s', 'sent', 'received', 'overruns', 'worst us', 'so far us'],
      ['1', '1', '1', '0', '700.0', '700.0'],
      ['2', '1', '1', '3', '30.0', '700.0'],
    ]);
  });
});

test('percentile() and buckets() agree with a sorted list, to 3 %', () => {
  const samples = new Samples();
  const times = Array.from({ length: 5000 }, (_, i) => 100 + ((i * 7919) % 100_003) ** 1.5);
  for (const ns of times) samples.add(ns);
  times.sort((a, b) => a - b);
  for (const p of [0.01, 0.5, 0.9, 0.999]) {
    const exact = times[Math.ceil(times.length * p) - 1]!;
    const found = percentile(samples.histogram, p);
    expect(found / exact).toBeGreaterThan(0.999);
    expect(found / exact).toBeLessThan(1.04);
  }
  expect(percentile(new Samples().histogram, 0.5)).toBe(0);
  for (const joined of [1, 8, 32])
    expect(buckets(samples.histogram, joined).reduce((sum, b) => sum + b.count, 0)).toBe(5000);
});

test.each([
  ['-p 7', /^Cannot use -p without --udp/],
  ['--icmp --udp', /^Cannot use both --icmp and --udp/],
  ['--udp -s 1', /^Cannot number datagrams of 1 octets: 2 is the least/],
])('latency %s says what is wrong', async (options, message) => {
  const host = new FakeHost();
  const { code, err } = await host.run(`latency ${options} 10.10.10.10`);
  expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  host.close();
});
