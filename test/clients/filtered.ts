import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, type StatsRecord, until } from './stand.js';

interface FilterRecord {
  readonly operstate: string;
  readonly engine?: string;
  readonly rules?: readonly { readonly hits?: number }[];
}
type Verdict = 'accept' | 'skip' | 'vlan' | 'drop';

/** What unmodified clients see of a filter, whatever runs it. */
export function clientsAndFilter(driver: 'xdp' | 'pcap'): void {
  const wants = ['bpf' as const, ...(driver === 'pcap' ? ['cap' as const] : [])];
  const clients = [{ command: 'ping' }, { command: 'socat' }];
  describeIf(['root', 'network namespaces', 'build', ...wants, ...clients])(
    `unmodified clients and a filter, ${driver}`,
    () => {
      let stand: Stand;
      const started: Started[] = [];
      const keep = (s: Started) => {
        started.push(s);
        return s;
      };
      const set = (...words: string[]) => {
        const { status, stderr } = stand.evlnet('filter', 'set', 'eth0', ...words);
        // ARP is seen to here.
        const others = stderr.replace(/^Warning: The filter keeps ARP .*\nHint: .*\n/, '');
        expect({ status, others }).toEqual({ status: 0, others: '' });
      };
      const device = () =>
        stand.json<StatsRecord[]>('stats', 'show', 'eth0').find((r) => r.ifname === 'eth0')!;
      const verdicts = () => device().verdicts;
      const replies = () =>
        stand
          .json<{ ifname: string; echo: { replies: number } }[]>('stats', 'show')
          .reduce((sum, { echo }) => sum + echo.replies, 0);
      /** Echo requests that reached the kernel of the responder. */
      const kernelEchos = () => {
        const [names, values] = stand
          .get('responder', 'cat', '/proc/net/snmp')
          .split('\n')
          .filter((line) => line.startsWith('Icmp:'))
          .map((line) => line.split(' '));
        return Number(values![names!.indexOf('InEchos')]);
      };
      /** Three pings, and who answered them. */
      const ping = (address: string) => {
        const before = { evlnet: replies(), kernel: kernelEchos() };
        const { received } = stand.ping('-c', '3', '-i', '0.05', '-W', '1', address);
        return { received, evlnet: replies() - before.evlnet, kernel: kernelEchos() - before.kernel };
      };
      const UNTAGGED = '192.0.2.11';
      const VLAN_42 = '10.10.10.11';
      const BY_EVLNET = { received: 3, evlnet: 3, kernel: 0 };
      const BY_KERNEL = { received: 3, evlnet: 0, kernel: 3 };
      const BY_NOBODY = { received: 0, evlnet: 0, kernel: 0 };

      const run = async () => {
        const worker = keep(
          stand.start(
            'responder',
            {},
            process.execPath,
            EVLNET,
            'run',
            'eth0',
            'icmp-responder',
            'udp-echo',
            '7',
          ),
        );
        await worker.printed(/running/);
        return worker;
      };

      beforeAll(async () => {
        stand = await Stand.up(`filter-${driver}`);
        stand.configure('42', { driver });
        stand.evlnet('port', 'enable', 'eth0');
        // ARP of the untagged network is the kernel's, whatever the filter says of IPv4; drop would take that too.
        const mac = '02:fc:00:00:00:01';
        stand.get(
          'issuer',
          'ip',
          'neigh',
          'replace',
          UNTAGGED,
          'lladdr',
          mac,
          'dev',
          'eno2',
          'nud',
          'permanent',
        );
        stand.get(
          'issuer',
          'ip',
          'neigh',
          'replace',
          VLAN_42,
          'lladdr',
          mac,
          'dev',
          'eno2.42',
          'nud',
          'permanent',
        );
        await run();
      }, 60_000);
      afterEach(() => {
        stand.evlnet('filter', 'unset', 'eth0');
      });
      afterAll(async () => {
        for (const s of started.splice(0)) await s.stop('SIGKILL');
        await stand?.down();
      }, 60_000);

      const answered: [verdict: Verdict, untagged: object, tagged: object][] = [
        ['accept', BY_EVLNET, BY_EVLNET],
        ['skip', BY_KERNEL, BY_NOBODY],
        ['drop', BY_NOBODY, BY_NOBODY],
        ['vlan', BY_KERNEL, BY_EVLNET],
      ];
      test.each(answered)(
        'all %s: who answers untagged pings, and those of VLAN 42',
        (verdict, untagged, tagged) => {
          set('all', verdict);
          const before = verdicts();
          expect({ untagged: ping(UNTAGGED), tagged: ping(VLAN_42) }).toEqual({ untagged, tagged });
          const counted = verdicts();
          // What a filter leaves in-band had its tag where XDP saw it.
          expect(device().drops['hidden-tag']).toBe(0);
          if (verdict !== 'vlan') expect(counted[verdict]! - before[verdict]!).toBeGreaterThanOrEqual(6);
        },
        30_000,
      );

      test('rules: each counts its hits, and a filter that is set anew counts from zero', async () => {
        const rules = ['match', 'icmp', 'accept', 'match', 'vlan 42 and icmp', 'vlan', 'default', 'skip'];
        const hits = () => {
          const [record] = stand.json<FilterRecord[]>('-s', 'filter', 'show', 'eth0');
          return [record!.operstate, record!.rules!.map((rule) => rule.hits)];
        };
        set(...rules);
        expect({ untagged: ping(UNTAGGED), tagged: ping(VLAN_42) }).toEqual({
          untagged: BY_EVLNET,
          tagged: BY_EVLNET,
        });
        // On pcap they are told ten times a second.
        await until(() => hits().flat().join() === 'RUNNING,3,3', 20_000, 'three hits each');
        set(...rules);
        expect(hits()).toEqual(['RUNNING', [3, 3]]);
        set(...rules.slice(0, -2));
        expect(hits()).toEqual(['RUNNING', [0, 0]]);
      }, 60_000);

      test('an object as clang made it; one that the verifier refuses leaves it in place, with the author’s line', () => {
        set('object', 'examples/filters/accept-all.o');
        expect(ping(UNTAGGED)).toEqual(BY_EVLNET);
        const { status, stderr } = stand.evlnet(
          'filter',
          'set',
          'eth0',
          'object',
          'test/bpf/objects/refused.o',
        );
        expect(status).toBe(2);
        expect(stderr).toMatch(/^Cannot load filter "\w+" of "refused.o": .*\n *--> .*refused\.c:\d+/);
        expect(ping(UNTAGGED)).toEqual(BY_EVLNET);
        expect(stand.json<FilterRecord[]>('filter')).toMatchObject([
          { operstate: 'RUNNING', engine: driver === 'xdp' ? 'xdp' : 'wasm' },
        ]);
      }, 60_000);

      test('accept: the datagram goes to evlnet, and the socket of the kernel gets nothing; skip: the other way round', async () => {
        // Without a filter the port would be held in the kernel's stack for evlnet alone.
        set('all', 'skip');
        const kernel = keep(stand.start('responder', {}, 'socat', '-u', 'UDP-RECV:7,reuseaddr', 'STDOUT'));
        const listeners = () => stand.get('responder', 'ss', '-Hlun', 'sport = :7');
        await until(() => listeners().includes('0.0.0.0:7'), 20_000, 'socat listens');
        const ask = (text: string) =>
          stand.on('issuer', 'sh', '-c', `echo ${text} | socat -T 0.3 - UDP:${UNTAGGED}:7`).stdout;
        expect(ask('to-the-kernel')).toBe('');
        await kernel.printed(/to-the-kernel/);
        set('all', 'accept');
        expect(ask('to-evlnet')).toBe('to-evlnet\n');
        stand.evlnet('filter', 'unset', 'eth0');
        ask('again');
        await kernel.printed(/again/);
        expect(kernel.said.out).toBe('to-the-kernel\nagain\n');
        await kernel.stop('SIGTERM');
      }, 60_000);
    },
  );
}
