import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { Stand, type Started, type StatsRecord } from './stand.js';

const CLIENTS = [{ command: 'ping' }, { command: 'arping' }, { command: 'fping' }];

/** What unmodified clients see of a responder, whatever carries its frames. */
export function unmodifiedClients(driver: 'xdp' | 'pcap'): void {
  const wants = [driver === 'xdp' ? ('bpf' as const) : ('cap' as const), ...CLIENTS];
  describeIf(['root', 'network namespaces', 'build', ...wants])(
    `unmodified clients over VLAN 42, ${driver}`,
    () => {
      /** The stack behind pcap is the same one: there, fewer will do. */
      const FLOOD = driver === 'xdp' ? 50_000 : 20_000;
      let stand: Stand;
      let responder: Started;
      const stats = () => {
        const records = stand.json<StatsRecord[]>('stats', 'show');
        return {
          port: records.find((r) => r.ifname === 'eth0.42')!,
          device: records.find((r) => r.ifname === 'eth0')!,
        };
      };

      beforeAll(async () => {
        stand = await Stand.up(`ping-${driver}`);
        stand.configure('42,44-45,100', { driver });
        responder = await stand.responder();
      }, 60_000);
      afterAll(async () => {
        await responder?.stop();
        await stand?.down();
      }, 60_000);

      test('ping prints what it always prints, and the responder a line a packet', async () => {
        expect(stand.ping('-c', '3', '-i', '0.2', '10.10.10.11')).toMatchObject({
          transmitted: 3,
          received: 3,
        });
        await responder.printed(
          /\[2\] count=84, proto=0x800, ifindex=\d+, type=0, halen=6, mac=02:fc:00:00:/,
        );
      });

      test(`ping -f loses nothing of ${FLOOD}`, () => {
        expect(stand.ping('-q', '-f', '-c', `${FLOOD}`, '10.10.10.11')).toMatchObject({
          transmitted: FLOOD,
          received: FLOOD,
        });
      }, 60_000);

      test.each([0, 1, 7, 8, 55, 56, 57, 255, 1471, 1472])('ping -s %d', (size) => {
        expect(stand.ping('-c', '2', '-i', '0.01', '-s', `${size}`, '10.10.10.11')).toMatchObject({
          transmitted: 2,
          received: 2,
        });
      });

      test.each(['00', 'ff', 'ff00', '0f1e2d3c'])('ping -p %s comes back as it was', (pattern) => {
        const { received, text } = stand.ping(
          '-c',
          '2',
          '-i',
          '0.01',
          '-s',
          '200',
          '-p',
          pattern,
          '10.10.10.11',
        );
        expect(received).toBe(2);
        expect(text).not.toContain('wrong data');
      });

      test('ping -R: the responder writes itself into the route', () => {
        const { received, text } = stand.ping('-c', '1', '-R', '10.10.10.11');
        expect(received).toBe(1);
        expect(text.match(/10\.10\.10\.11/g)!.length).toBeGreaterThanOrEqual(3);
      });

      test.each(['tsonly', 'tsandaddr'])('ping -T %s: the responder adds its time', (kind) => {
        const { received, text } = stand.ping('-c', '1', '-T', kind, '10.10.10.11');
        expect(received).toBe(1);
        expect(text).toMatch(/TS:/);
      });

      test.each(['0x10', '0xb8', '0xff'])('ping -Q %s', (tos) => {
        const { received } = stand.ping('-c', '1', '-Q', tos, '10.10.10.11');
        expect(received).toBe(1);
      });

      test('broadcast pings are not answered, and counted', () => {
        const before = stats().port.drops['icmp-broadcast']!;
        expect(stand.ping('-b', '-c', '2', '-i', '0.2', '-W', '1', '10.10.10.255').received).toBe(0);
        expect(stats().port.drops['icmp-broadcast']! - before).toBe(2);
      });

      test.each([1473, 4000, 65507])('ping -s %d, in fragments', (size) => {
        const count = () => {
          const { reassembled, fragmented } = stats().port;
          return [reassembled.packets, fragmented.fragments];
        };
        const [packets, fragments] = count();
        expect(stand.ping('-c', '10', '-i', '0.01', '-s', `${size}`, '10.10.10.11')).toMatchObject({
          transmitted: 10,
          received: 10,
        });
        expect(count()).toEqual([packets! + 10, fragments! + 10 * Math.ceil((size + 8) / 1480)]);
      });

      test('ping -f -s 8192 loses nothing of 2000', () => {
        expect(stand.ping('-q', '-f', '-c', '2000', '-s', '8192', '10.10.10.11')).toMatchObject({
          transmitted: 2000,
          received: 2000,
        });
      }, 60_000);

      test('arping: requests and probes are answered by the port alone', () => {
        const { stdout } = stand.on('issuer', 'arping', '-c', '2', '-I', 'eno2.42', '10.10.10.11');
        expect(stdout).toMatch(/Received 2 response/);
        // -D: duplicate address detection, a probe; exit 1 = somebody has it.
        expect(stand.on('issuer', 'arping', '-D', '-c', '1', '-I', 'eno2.42', '10.10.10.11').status).toBe(1);
        expect(
          stand.on('issuer', 'arping', '-D', '-c', '1', '-w', '1', '-I', 'eno2.42', '10.10.10.12').status,
        ).toBe(0);
      });

      test('fping', () => {
        const { stderr } = stand.on(
          'issuer',
          'fping',
          '-c',
          '100',
          '-p',
          '5',
          '-t',
          '500',
          '-q',
          '10.10.10.11',
        );
        expect(stderr).toMatch(/xmt\/rcv\/%loss = 100\/100\/0%/);
      });

      test('VLAN 43 and untagged traffic are the kernel’s meanwhile', () => {
        const before = stats();
        expect(stand.ping('-c', '3', '-i', '0.2', '10.10.43.11').received).toBe(3);
        expect(stand.ping('-c', '3', '-i', '0.2', '192.0.2.11').received).toBe(3);
        const after = stats();
        expect(after.port.stats64).toEqual(before.port.stats64);
        expect(after.device.verdicts.skip! - before.device.verdicts.skip!).toBeGreaterThanOrEqual(3);
      });

      test('the summary counts every one of them', async () => {
        const { port } = stats();
        // Its output is not read for a while: lines may be lost, the summary is not.
        responder.child.stdout!.pause();
        expect(stand.ping('-q', '-f', '-c', '3000', '10.10.10.11').received).toBe(3000);
        const ended = responder.stop();
        await new Promise((resolve) => setTimeout(resolve, 500));
        responder.child.stdout!.resume();
        await ended;
        const [, requests, replies] = /(\d+) requests, (\d+) replies/.exec(responder.said.out)!;
        expect(requests).toBe(replies);
        expect(Number(replies)).toBeGreaterThan(FLOOD);
        expect(port.stats64.tx.packets).toBeGreaterThanOrEqual(Number(replies));
      });
    },
  );
}
