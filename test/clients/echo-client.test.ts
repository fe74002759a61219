// evlnet asks, an unmodified kernel answers: ARP, echo and what comes back, over VLAN 42.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tool } from '../../src/lab/tool.js';
import { describeIf } from '../capability.js';
import { command, output } from '../command.js';
import { EVLNET, Stand, type Started, type StatsRecord } from './stand.js';

const WAYS = [
  { driver: 'xdp', wants: 'bpf' },
  { driver: 'pcap', wants: 'cap' },
] as const;

for (const { driver, wants } of WAYS)
  describeIf(['root', 'network namespaces', 'build', wants])(`evlnet ping, ${driver}`, () => {
    let stand: Stand;
    const summary = (text: string) =>
      /(\d+) packets transmitted, (\d+) received/.exec(text)?.slice(1).map(Number);

    beforeAll(async () => {
      stand = await Stand.up(`echo-${driver}`);
      stand.configure('42', { driver });
    }, 60_000);
    afterAll(() => stand?.down(), 60_000);

    test('as a worker of its own: the lines of ping(8), none lost', () => {
      const { stdout, stderr, status } = stand.evlnet('ping', '-c', '3', '--interval', '0.05', '10.10.10.10');
      expect([status, stderr]).toEqual([0, '']);
      const lines = stdout.split('\n');
      expect(lines[0]).toBe('PING 10.10.10.10 (10.10.10.10) from 10.10.10.11 eth0.42: 56(84) bytes of data.');
      for (const n of [1, 2, 3])
        expect(lines[n]).toMatch(
          new RegExp(`^64 bytes from 10\\.10\\.10\\.10: icmp_seq=${n} ttl=64 time=\\d+\\.\\d{3} ms$`),
        );
      expect(lines.slice(4, 6)).toEqual(['', '--- 10.10.10.10 ping statistics ---']);
      expect(lines[6]).toMatch(/^3 packets transmitted, 3 received, 0% packet loss, time \d+ms$/);
      expect(lines[7]).toMatch(/^rtt min\/avg\/max\/mdev = [\d./]+ ms$/);
    }, 60_000);

    test('a flood loses nothing', () => {
      const { stdout, status } = stand.evlnet('ping', '-f', '-q', '-c', '10000', '10.10.10.10');
      expect([status, summary(stdout)]).toEqual([0, [10_000, 10_000]]);
    }, 60_000);

    describe('beside the responder that runs', () => {
      let responder: Started;
      let unanswered: Started;
      beforeAll(async () => {
        responder = await stand.responder();
        // That nobody is there is known after three seconds: it goes on while the others run.
        const ping = [process.execPath, EVLNET, 'ping', '-w', '4.5', '10.10.10.99'];
        unanswered = stand.start('responder', {}, ...ping);
      }, 60_000);

      test('joins it', () => {
        const { stdout, status } = stand.evlnet(
          'ping',
          '-c',
          '2',
          '--interval',
          '0.01',
          '-s',
          '65507',
          '10.10.10.10',
        );
        expect([status, summary(stdout)]).toEqual([0, [2, 2]]);
        expect(stdout).toContain('65515 bytes from 10.10.10.10');
      }, 60_000);

      test('-j: an object a reply, then the summary', () => {
        const records = stand
          .get('responder', process.execPath, EVLNET, '-j', 'ping', '-c', '1', '10.10.10.10')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>);
        expect(records[0]).toMatchObject({ from: '10.10.10.10', icmp_seq: 1, bytes: 64, ttl: 64 });
        expect(records[1]).toMatchObject({ transmitted: 1, received: 1, loss: 0 });
        const [port] = stand.json<StatsRecord[]>('stats', 'show', 'dev', 'eth0.42');
        expect(port!.stats64.tx.packets).toBeGreaterThanOrEqual(1);
      }, 60_000);

      test('a host that does not answer ARP is told, counted, and exit 4', async () => {
        expect(await unanswered.ended).toBe(4);
        expect(unanswered.said.out).toMatch(/From 10\.10\.10\.11 icmp_seq=\d Destination Host Unreachable/);
        expect(unanswered.said.out).toMatch(/ 0 received, \+1 errors, 100% packet loss/);
      }, 60_000);

      test('leaves it running', async () => {
        expect(stand.ping('-c', '1', '-W', '10', '10.10.10.11')).toMatchObject({ received: 1 });
        expect(await responder.stop()).toBe(0);
      });
    });
  });

describeIf(['root', 'network namespaces', 'build', 'bpf'])("evlnet ping on a device of the kernel's", () => {
  const [ours, peer] = [`echo${process.pid}a`, `echo${process.pid}b`];
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-echo-'));
  const ip = (...words: string[]) => output(tool('ip'), words);
  const evlnet = (...words: string[]) =>
    command(tool('ip'), ['netns', 'exec', ours, process.execPath, EVLNET, ...words], {
      env: { ...process.env, NODE_OPTIONS: '', EVLNET_STATE: join(folder, 'state.json') },
    });

  beforeAll(() => {
    for (const name of [ours, peer]) ip('netns', 'add', name);
    ip('-n', ours, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', peer);
    ip('-n', ours, 'address', 'add', '10.77.0.1/24', 'dev', 'eth0');
    ip('-n', peer, 'address', 'add', '10.77.0.2/24', 'dev', 'eth0');
    for (const name of [ours, peer])
      for (const dev of ['lo', 'eth0']) ip('-n', name, 'link', 'set', dev, 'up');
    ip('-n', peer, 'address', 'add', '10.99.0.1/32', 'dev', 'lo');
    ip('-n', ours, 'route', 'add', '10.99.0.0/24', 'via', '10.77.0.2');
    evlnet('port', 'enable', 'eth0');
    evlnet('filter', 'set', 'eth0', 'all', 'accept');
  }, 60_000);
  afterAll(() => {
    for (const name of [ours, peer]) ip('netns', 'delete', name);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['a neighbour', '10.77.0.2'],
    ['a host behind a gateway', '10.99.0.1'],
  ])(
    "%s: by the kernel's routes and neighbours",
    (_what, host) => {
      const { stdout, status } = evlnet('ping', '-q', '-c', '2', '--interval', '0.1', host);
      expect([status, stdout]).toEqual([0, expect.stringContaining('2 packets transmitted, 2 received')]);
    },
    30_000,
  );

  test('a host that no route leads to', () => {
    const { stderr, status } = evlnet('ping', '203.0.113.7');
    expect([status, stderr]).toEqual([
      2,
      'Cannot ping 203.0.113.7: network is unreachable\nHint: no enabled port leads there: "evlnet route" lists what the ports lead to\n',
    ]);
  });
});
