import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DROPS, Drop } from '../../src/drop.js';
import { HookCounter } from '../../src/filter/verdict.js';
import { Counters, DeviceCounter, SLOT_STRIDE, SlotCounter, Stage } from '../../src/memory/counters.js';
import { record } from '../../src/memory/histogram.js';
import { FakeHost, runningWorker } from './fake.js';
import { expectGolden } from './golden.js';

let host: FakeHost;
beforeEach(async () => {
  host = new FakeHost();
  await host.run('port enable eth0.42 address 10.10.10.11/24');
});
afterEach(() => host.close());

/** A worker with a page of counters. */
const fill = ({ device, slots, serviceTime, stages }: Counters): void => {
  const at = 42 * SLOT_STRIDE;
  slots[at + SlotCounter.RxPackets] = 84;
  slots[at + SlotCounter.RxBytes] = 8400;
  slots[at + SlotCounter.TxPackets] = 80;
  slots[at + SlotCounter.TxBytes] = 8000;
  slots[at + SlotCounter.EchoRequests] = 81;
  slots[at + SlotCounter.EchoReplies] = 80;
  slots[at + Drop.IcmpBadChecksum] = 3;
  slots[at + Drop.UdpBadChecksum] = 2;
  slots[at + Drop.TxRingFull] = 1;
  slots[Drop.NoPort] = 5;
  device[DeviceCounter.Hook + HookCounter.Vlan] = 89;
  device[DeviceCounter.Hook + HookCounter.Skip] = 1000;
  record(serviceTime, 12_000, 80);
  record(stages[Stage.DriverQueue]!, 5000, 70);
  record(stages[Stage.DriverQueue]!, 90_000, 1);
  record(stages[Stage.QueueDriver]!, 3000, 2);
};
const count = () => host.runsWorker(fill);

describe('stats show', () => {
  const forms: [line: string, file: string][] = [
    ['stats', 'stats-show.txt'],
    ['-br stats', 'stats-show-brief.txt'],
    ['-j -p stats', 'stats-show.json'],
  ];
  test.each(forms)('%s', async (line, file) => {
    count();
    expectGolden(file, await host.ok(line));
    expect(host.asked).toEqual([{ folder: `${host.folder}/eth0`, cmd: 'sync' }]);
  });

  test('-d says what is counted, -o prints a line a port', async () => {
    count();
    expect(await host.ok('-d stats dev eth0.42')).toMatch(
      /^icmp-bad-checksum +3 {2}ICMP checksum is wrong$/m,
    );
    const lines = (await host.ok('-o stats')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^eth0.42@eth0:\\ {4}rx packets 84\\ .*\\ {4}icmp-bad-checksum 3\\/);
  });

  test('has every drop reason, zeros included, also without a worker', async () => {
    const [, port] = JSON.parse(await host.ok('-j stats'));
    expect(Object.keys(port.drops)).toEqual(DROPS.slice(1).map(([name]) => name));
    expect(Object.values(port.drops).every((n) => n === 0)).toBe(true);
    expect(port).toMatchObject({
      ifname: 'eth0.42',
      stats64: { rx: { packets: 0, bytes: 0, dropped: 0 }, tx: { packets: 0, bytes: 0, dropped: 0 } },
      verdicts: { accept: 0, skip: 0, vlan: 0, drop: 0 },
    });
  });

  test('counts a reply that was lost as dropped by tx', async () => {
    count();
    const [port] = JSON.parse(await host.ok('-j stats dev eth0.42'));
    expect(port.stats64).toEqual({
      rx: { packets: 84, bytes: 8400, dropped: 5 },
      tx: { packets: 80, bytes: 8000, dropped: 1 },
    });
  });

  test('nothing is []', async () => {
    await host.run('port disable all');
    expect(await host.ok('-j stats')).toBe('[]\n');
    expect(await host.ok('stats')).toBe('');
  });

  const unknown: [line: string, err: string][] = [
    ['stats dev nope', 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    ['stats show eth0.43', 'Cannot find an enabled port "eth0.43"\nHint: evlnet port enable eth0.43\n'],
    ['stats reset eth0.43', 'Cannot find an enabled port "eth0.43"\nHint: evlnet port enable eth0.43\n'],
  ];
  test.each(unknown)('%s', async (line, err) => {
    expect(await host.run(line)).toEqual({ code: 2, out: '', err });
  });
});

describe('stats reset', () => {
  test('asks the worker', async () => {
    count();
    await host.ok('stats reset');
    await host.ok('stats reset dev eth0.42');
    const folder = `${host.folder}/eth0`;
    expect(host.asked).toEqual([
      { folder, cmd: 'reset' },
      { folder, cmd: 'reset', ifname: 'eth0.42' },
    ]);
  });

  test('has nothing to do without one', async () => {
    host.workers = [{ device: 'eth0', pid: 1, folder: host.folder, isAlive: false }];
    await host.ok('stats reset');
    expect(host.asked).toEqual([]);
  });
});

describe('port query', () => {
  test('prints the report of evl net -Q', async () => {
    count();
    expect(await host.ok('port query eth0.42')).toBe(`oob capability: yes
    rx packets: 84
      rx bytes: 8400
    tx packets: 80
      tx bytes: 8000
      skb size: 4096
      skb free: 2048 / 2048
   csum errors: 2
      rx nomem: 0
      tx nomem: 1
`);
  });

  test('prints the values of letters on one line', async () => {
    count();
    expect(await host.ok('port query eth0.42 RrTtosfacx')).toBe('84 8400 80 8000 yes 4096 2048 2048 2 0 1\n');
    expect(await host.ok('port query dev eth0.42 xR')).toBe('0 1 84\n');
    expect(JSON.parse(await host.ok('-j port query eth0.42'))).toMatchObject([
      { oob_capable: true, rx_packets: 84 },
    ]);
  });

  test('is not capable without native XDP', async () => {
    expect(await host.ok('port query eth0.42 o')).toBe('no\n');
    host.workers = [runningWorker(host.folder, { mode: 'generic' })];
    expect(await host.ok('port query eth0.42 o')).toBe('no\n');
  });

  const refused: [line: string, code: number, err: string][] = [
    [
      'port query eth0.42 Rz',
      1,
      'Error: argument "Rz" is wrong: there is no "z"\nHint: the letters are RrTtosfacx\n',
    ],
    ['port query eth0.43', 2, 'Cannot find an enabled port "eth0.43"\nHint: evlnet port enable eth0.43\n'],
    ['port query nope', 2, 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
  ];
  test.each(refused)('%s', async (line, code, err) => {
    expect(await host.run(line)).toEqual({ code, out: '', err });
  });
});

test('-s port shows packets as ip -s link', async () => {
  count();
  expectGolden('port-show-statistics.txt', await host.run('-s port').then((r) => r.out));
  const [port] = JSON.parse((await host.run('-s -j port')).out);
  expect(port.stats64.rx).toEqual({ packets: 84, bytes: 8400, dropped: 5 });
});

describe('stats histogram', () => {
  const forms: [line: string, file: string][] = [
    ['-d stats histogram', 'stats-histogram-details.txt'],
    ['stats histogram dev eth0.42', 'stats-histogram.txt'],
    ['-j -p stats histogram', 'stats-histogram.json'],
  ];
  test.each(forms)('%s', async (line, file) => {
    count();
    expectGolden(file, await host.ok(line));
  });

  test('for TIME shows what came meanwhile, and says where the driver tells nothing', async () => {
    count();
    host.answers.stamp = ({ ms }) => {
      const page = readFileSync(`${host.folder}/eth0/stats`);
      const { stages } = new Counters(page.buffer.slice(page.byteOffset, page.byteOffset + page.length));
      record(stages[Stage.DriverQueue]!, 7000, 3);
      writeFileSync(`${host.folder}/eth0/stats`, new Uint8Array(stages[0]!.buffer));
      return { isSupported: ms !== 500 };
    };
    const [shown] = JSON.parse(await host.ok('-j stats histogram for 2')) as Record<string, object>[];
    expect(Object.keys(shown!)).toEqual(['ifname', 'driver_queue', 'collections']);
    expect(shown!.collections).toEqual({ count: 0 });
    expect(shown!.driver_queue).toMatchObject({ count: 3, p50: 7040 });
    const { out, err } = await host.run('stats histogram for 500ms');
    expect(err).toMatch(/driver of "eth0" tells no times/);
    expect(out).toMatch(/\ngarbage collections +- +- +- +- +- +- +0\n$/);
  });

  test('for TIME needs a worker, and time', async () => {
    expect(await host.run('stats histogram for 0')).toMatchObject({
      code: 1,
      err: 'Error: argument "0" is wrong: "for" is more than no time\nHint: evlnet stats histogram for 10\n',
    });
    expect(await host.run('stats histogram for 1')).toMatchObject({ code: 2, out: '' });
    expect(await host.ok('stats histogram')).toBe('');
  });
});
