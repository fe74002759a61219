import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PLAIN } from '../../src/cli/print/paint.js';
import { since, sum } from '../../src/cli/stats/watch/difference.js';
import { Picture } from '../../src/cli/stats/watch/picture.js';
import type { WatchRecord } from '../../src/cli/stats/watch/record.js';
import { isUtf8, sparkline } from '../../src/cli/stats/watch/sparkline.js';
import { Watch } from '../../src/cli/stats/watch/watch.js';
import type { Page } from '../../src/configuration/counters.js';
import { DROP_COUNT, Drop } from '../../src/drop.js';
import { HookCounter } from '../../src/filter/verdict.js';
import { Counters, DeviceCounter, PAGE_LENGTH, SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { record, summarize } from '../../src/memory/histogram.js';
import { FakeHost, runningWorker } from './fake.js';

/** The page of a worker that counted so many packets of VLAN 42, each of which took so long. */
function pageOf(packets: number, ns = 12_000, counters = new Counters(new ArrayBuffer(PAGE_LENGTH))): Page {
  const { device, slots, serviceTime, stages } = counters;
  const counts = slots.subarray(42 * SLOT_STRIDE, 43 * SLOT_STRIDE);
  counts[SlotCounter.RxPackets]! += packets;
  counts[SlotCounter.RxBytes]! += 98 * packets;
  counts[Drop.IcmpBadChecksum]! += Math.floor(packets / 10);
  device[DeviceCounter.Hook + HookCounter.Vlan]! += packets;
  // No counter: as large as memory is.
  device[DeviceCounter.HeapUsed] = 5e6;
  record(serviceTime, ns, packets);
  return {
    device,
    serviceTime,
    stages,
    slots: new Map([[42, { drops: counts.subarray(0, DROP_COUNT), counts }]]),
  };
}

const worker = (pid: number, isAlive = true) => ({ ...runningWorker('/nowhere'), pid, isAlive });
const reading = (pid: number | undefined, page: Page | undefined, isAlive = true) => {
  const by = { base: 'eth0', worker: pid === undefined ? undefined : worker(pid, isAlive) };
  return {
    counted: [
      { ifname: 'eth0', slot: 0, ...by },
      { ifname: 'eth0.42', slot: 42, ...by },
    ],
    pages: new Map([['eth0', page]]),
  };
};
const received = ({ stats }: WatchRecord) => stats.map(({ stats64 }) => stats64.rx.packets);

describe('Watch', () => {
  let watch: Watch;
  beforeEach(() => {
    watch = new Watch();
  });

  test('tells rates by the time that went by, and the times of the interval alone', () => {
    expect(received(watch.look(reading(1, pageOf(1e6, 90_000)), 500))).toEqual([0, 0]);
    const counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
    pageOf(1e6, 90_000, counters);
    const found = watch.look(reading(1, pageOf(100, 12_000, counters)), 3000);
    expect(found).toMatchObject({
      interval: 2.5,
      workers: [{ device: 'eth0', worker: 1, driver: 'xdp', mode: 'native' }],
      stats: [
        { ifname: 'eth0', verdicts: { vlan: 40, skip: 0 } },
        {
          ifname: 'eth0.42',
          link: 'eth0',
          stats64: { rx: { packets: 40, bytes: 3920, dropped: 4 } },
          drops: { 'icmp-bad-checksum': 4, 'no-port': 0 },
        },
      ],
      times: [{ ifname: 'eth0', service_time: { count: 100, max: 12_032 } }],
    });
    expect(found.stats[0]).not.toHaveProperty('service_time');
    expect(watch.seconds).toBe(2.5);
    expect(watch.totals()[1]!.stats64.rx.packets).toBe(100);
  });

  const cases: [
    name: string,
    looks: [number | undefined, Page | undefined, boolean?][],
    last: number,
    workers: object,
  ][] = [
    [
      'a reset',
      [
        [1, pageOf(1000)],
        [1, pageOf(30)],
      ],
      30,
      { worker: 1 },
    ],
    [
      'another worker',
      [
        [1, pageOf(1000)],
        [2, pageOf(2000)],
      ],
      2000,
      { worker: 2, began: true, ended: 1 },
    ],
    [
      'a worker that begins',
      [
        [undefined, undefined],
        [2, pageOf(20)],
      ],
      20,
      { worker: 2, began: true },
    ],
    [
      'one that had no page yet',
      [
        [1, undefined],
        [1, pageOf(20)],
      ],
      20,
      { worker: 1 },
    ],
    [
      'a worker that ends',
      [
        [1, pageOf(1000)],
        [undefined, undefined],
      ],
      0,
      { ended: 1 },
    ],
    [
      'one that is killed',
      [
        [1, pageOf(1000)],
        [1, pageOf(1010), false],
      ],
      10,
      { ended: 1 },
    ],
    [
      'what a dead one left',
      [
        [1, pageOf(1000), false],
        [1, pageOf(1000), false],
      ],
      0,
      {},
    ],
    [
      'the next one',
      [
        [1, pageOf(1000), false],
        [2, pageOf(5)],
      ],
      5,
      { worker: 2, began: true },
    ],
  ];
  test.each(cases)('%s', (_, looks, last, workers) => {
    const found = looks.map(([pid, page, isAlive], i) => watch.look(reading(pid, page, isAlive), i * 1000));
    expect(received(found.at(-1)!)).toEqual([0, last]);
    const [{ driver: _d, mode: _m, ...told }] = found.at(-1)!.workers as [WatchRecord['workers'][0]];
    expect(told).toEqual({ device: 'eth0', ...workers });
  });

  test('a port that was not looked at for a while begins anew', () => {
    watch.look(reading(1, pageOf(10)), 0);
    watch.look({ counted: [], pages: new Map() }, 1000);
    expect(received(watch.look(reading(1, pageOf(1e6)), 2000))).toEqual([0, 0]);
    const { serviceTime, ...page } = pageOf(1e6);
    watch.look(reading(1, { ...page, serviceTime, slots: new Map() }), 3000);
    expect(received(watch.look(reading(1, pageOf(1e6)), 4000))).toEqual([0, 0]);
  });

  test('whatever the counters do, no rate is negative or more than what they show', () => {
    const counts = fc.nat({ max: 1e6 });
    fc.assert(
      fc.property(counts, counts, (before, now) => {
        const [then, later] = [pageOf(before), pageOf(now)];
        const come = since(then, later);
        for (const [i, count] of come.slots.get(42)!.counts.entries()) {
          expect(count).toBeGreaterThanOrEqual(0);
          expect(count).toBeLessThanOrEqual(later.slots.get(42)!.counts[i]!);
        }
        expect(summarize(come.serviceTime)?.count ?? 0).toBe(now >= before ? now - before : now);
        if (now >= before) expect(sum(then, come).slots).toEqual(later.slots);
      }),
      { numRuns: 20 },
    );
  });
});

describe('sparkline()', () => {
  test.each([
    [[0, 1, 50, 100], true, '▁▂▅█'],
    [[0, 0], true, '▁▁'],
    [[1000, 1], true, '█▂'],
    [[], true, ''],
    [[0, 1, 50, 100], false, '_.=#'],
  ] as const)('%j', (values, utf8, text) => {
    expect(sparkline(values, utf8)).toBe(text);
  });

  test.each([
    [{ LANG: 'C.UTF-8' }, true],
    [{ LANG: 'en_US.utf8', LC_ALL: '' }, true],
    [{ LANG: 'C.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C.UTF-8', TERM: 'dumb' }, false],
    [{}, false],
  ])('%j', (env, is) => {
    expect(isUtf8(env)).toBe(is);
  });
});

describe('Picture', () => {
  const intervals = () => {
    const watch = new Watch();
    const picture = new Picture(true, PLAIN);
    watch.look(reading(1, pageOf(0)), 0);
    const counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
    const last = [10, 0, 40].map((packets, i) => {
      const found = watch.look(
        reading(1, pageOf(packets, 12_000, structuredCopy(counters, packets))),
        (i + 1) * 1000,
      );
      picture.add(found);
      return found;
    });
    return { picture, last: last.at(-1)! };
  };
  /** Counters go on in `counters`; each look has its own. */
  const structuredCopy = (counters: Counters, packets: number): Counters => {
    const copy = new Counters(counters.header.buffer.slice(0) as ArrayBuffer);
    pageOf(packets, 12_000, counters);
    return copy;
  };

  test('has what moved, and what is always told', () => {
    const { picture, last } = intervals();
    expect(picture.lines(last, 80)).toEqual([
      'eth0, us      worst case  99.9 %  99 %  50 %  average  best case  count',
      'service time        12.0    12.0  12.0  12.0     12.0       11.8     40',
      'eth0  worker 1, xdp native',
      '  verdict accept                  0 ▁▁▁',
      '  verdict skip                    0 ▁▁▁',
      '  verdict vlan                 40.0 ▃▁█',
      '  verdict drop                    0 ▁▁▁',
      'eth0.42@eth0  worker 1, xdp native',
      '  rx packets                   40.0 ▃▁█',
      '  rx bytes                     3920 ▃▁█',
      '  rx dropped                    4.0 ▃▁█',
      '  tx packets                      0 ▁▁▁',
      '  tx bytes                        0 ▁▁▁',
      '  echo replies                    0 ▁▁▁',
      '  icmp-bad-checksum             4.0 ▃▁█',
    ]);
  });

  test('no line is wider than there is room, and the last intervals are shown', () => {
    const { picture, last } = intervals();
    for (let columns = 1; columns < 100; columns++)
      for (const line of picture.lines(last, columns)) expect(line.length).toBeLessThanOrEqual(columns);
    expect(picture.lines(last, 38).find((line) => line.includes('rx packets'))).toMatch(/ 40\.0 ▁█$/);
  });
});

describe('stats watch', () => {
  let host: FakeHost;
  let folder: string;
  let counters: Counters;
  let looks: number;
  /** What happens before a look is answered, by its number; the first is 1. */
  let then: Record<number, () => void>;

  const start = (pid: number) => {
    counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
    host.workers = [{ ...runningWorker(folder), pid }];
  };
  beforeEach(async () => {
    host = new FakeHost();
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    folder = `${host.folder}/eth0`;
    mkdirSync(folder);
    looks = 0;
    then = {};
    start(4711);
    host.answers.sync = () => {
      looks++;
      then[looks]?.();
      pageOf(10, 12_000, counters);
      writeFileSync(`${folder}/stats`, new Uint8Array(counters.header.buffer as ArrayBuffer));
      return {};
    };
  });
  afterEach(() => host.close());

  test('-j: an object a line, rates by the interval as it was', async () => {
    const out = await host.ok('-j -t stats watch interval 100ms count 3');
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    for (const { timestamp, interval, workers, stats, times } of lines) {
      expect(timestamp).toMatch(/^\d{4}-/);
      expect(interval).toBeGreaterThan(0.04);
      expect(workers).toEqual([{ device: 'eth0', worker: 4711, driver: 'xdp', mode: 'native' }]);
      expect(stats[1].stats64.rx.packets * interval).toBeCloseTo(10, 0);
      expect(stats[0].verdicts.vlan * interval).toBeCloseTo(10, 0);
      expect(times[0].service_time.count).toBe(10);
    }
    const [port] = JSON.parse(await host.ok('-j stats show dev eth0.42'));
    expect(Object.keys(lines[0].stats[1])).toEqual(Object.keys(port));
  });

  test('blocks where stdout is no terminal, and a summary of all', async () => {
    host.env = { LANG: 'C.UTF-8' };
    const blocks = (await host.ok('stats watch dev eth0.42 interval 0.1 count 2')).split('\n\n');
    expect(blocks).toHaveLength(3);
    expect(blocks[1]).toMatch(
      /^per second over 0\.\d{3} s:\neth0, us .*\nservice time .* 10\neth0\.42@eth0 {2}worker 4711/,
    );
    expect(blocks[1]).toMatch(/\n {2}rx packets {14,}\d+(\.\d)? [▂-█]{2}\n/);
    expect(blocks[2]).toMatch(
      /^--- 0\.\d s\neth0\.42@eth0: received 20 packets, 1960 octets \([\d.]+ a second\), sent 0 .*\n {4}dropped icmp-bad-checksum 2\neth0:\n {4}service time: worst case 12\.0 .* 20\n$/,
    );
    expect(blocks.join('')).not.toContain('\x1b');
  });

  test('-br is a line a port, -o a line an interval', async () => {
    expect(await host.ok('-br stats watch interval 0.1 count 1')).toMatch(
      /^eth0 +rx 0 +tx 0\neth0\.42@eth0 +rx \d\S* +tx 0 icmp-bad-checksum \d\S*\n---/,
    );
    expect(await host.ok('-o stats watch interval 0.1 count 1')).toMatch(
      /^per second [^\n]*\\eth0\.42@eth0 [^\n]*\n---/,
    );
  });

  test('on a terminal one picture takes the place of the other, and leaves none', async () => {
    host.isTTY = true;
    host.size = { columns: 30, rows: 8 };
    host.env = { TERM: 'xterm', NO_COLOR: '1' };
    const out = (await host.ok('stats watch interval 0.1 count 2')).replaceAll('\x1b', '^');
    const [, pictures, summary] = /^\^\[\?1049h\^\[\?25l\^\[H(.*)\^\[\?25h\^\[\?1049l(.*)$/s.exec(out)!;
    const drawn = pictures!.split('^[H');
    expect(drawn).toHaveLength(3);
    for (const picture of drawn) {
      const lines = picture.replace(/\^\[J$/, '').split('\r\n');
      expect(lines.length).toBeLessThanOrEqual(8);
      for (const line of lines) expect(line).toMatch(/^[^^\n]{0,30}\^\[K$/);
    }
    expect(drawn[2]).toMatch(/\.\.\. \d+ more lines/);
    expect(summary).toMatch(/^--- 0\.\d s\n/);
  });

  test('a dumb terminal gets blocks, in ASCII', async () => {
    host.isTTY = true;
    host.env = { TERM: 'dumb', LANG: 'C.UTF-8' };
    const out = await host.ok('stats watch interval 0.1 count 1');
    expect(out).toMatch(/ {2}rx packets .* #\n/);
    expect(out).not.toContain('\x1b');
  });

  test('a worker that is replaced is told, and the watch goes on', async () => {
    then[3] = () => start(4712);
    const first = host.run('-j stats watch interval 0.1 count 4');
    const lines = (await first).out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const events = lines.map(({ workers: [{ worker, began, ended }] }) => ({ worker, began, ended }));
    expect(events).toContainEqual({ worker: 4712, began: true, ended: 4711 });
    for (const { interval, stats } of lines) expect(stats[1].stats64.rx.packets * interval).toBeLessThan(21);
  });

  test('without a worker it says so, and waits', async () => {
    host.workers = [];
    rmSync(folder, { recursive: true });
    const { code, out, err } = await host.run('stats watch interval 0.1 count 1');
    expect(code).toBe(0);
    expect(err).toBe(
      'Warning: no worker runs: nothing is counted yet\nHint: evlnet icmp-responder -i IFNAME, or evlnet run DEVICE\n',
    );
    expect(out).toMatch(/eth0\.42@eth0 {2}no worker\n/);
  });

  test('a port that is disabled meanwhile is told once, and may come back', async () => {
    then[2] = () => void host.run('port disable eth0.42');
    const { code, out, err } = await host.run('-j stats watch eth0.42 interval 0.1 count 5');
    expect(code).toBe(0);
    expect(err).toBe('Warning: Cannot find an enabled port "eth0.42"\nHint: evlnet port enable eth0.42\n');
    // Of what cannot be looked at there is no interval.
    expect(out.trimEnd().split('\n').length).toBeLessThan(5);
  });

  test('Ctrl-C ends it with the summary of what came until then', async () => {
    then[2] = () => setTimeout(() => host.stop.abort(), 30);
    const { code, out } = await host.run('stats watch interval 0.1');
    expect(code).toBe(0);
    expect(out.match(/per second/g)).toHaveLength(1);
    expect(out).toMatch(/received 20 packets/);
  });

  test.each([
    [
      'stats watch interval 0.01',
      'Cannot look every 0.01 s: 0.1 s is the least\nHint: evlnet stats watch interval 1s\n',
    ],
    [
      'stats watch interval 1000000',
      'Cannot look every 1000000 s: 86400 s is the most\nHint: evlnet stats watch interval 1s\n',
    ],
    [
      'stats watch interval soon',
      'Error: argument "soon" is wrong: "interval" is a number of seconds\nHint: write it as 10, 0.5 or 500ms\n',
    ],
    [
      'stats watch count 0',
      'Error: argument "0" is wrong: "count" is at least 1 (EINVAL)\nHint: a number from 1\n',
    ],
  ])('%s', async (line, err) => {
    expect(await host.run(line)).toEqual({ code: 1, out: '', err });
  });
});
