import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, type StatsRecord, until } from './stand.js';

const PEER = join(import.meta.dirname, 'multicast-peer.py');
const MEMBER = join(import.meta.dirname, 'group-member.mjs');
const [ISSUER, RESPONDER, GROUP] = ['10.10.10.10', '10.10.10.11', '239.1.2.3'];

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'python3' }])(
  'multicast and path MTU',
  () => {
    let stand: Stand;
    let worker: Started;
    const started: Started[] = [];
    const run = async (host: 'issuer' | 'responder', pattern: RegExp, ...argv: string[]) => {
      const s = stand.start(host, {}, ...argv);
      started.push(s);
      await s.printed(pattern);
      return s;
    };
    const peer = (...argv: string[]) => run('issuer', /listening/, 'python3', PEER, ...argv);
    const evlnet = (pattern: RegExp, ...argv: string[]) =>
      run('responder', pattern, process.execPath, EVLNET, ...argv);
    const inKernel = () => stand.get('responder', 'ip', 'maddr', 'show', 'dev', 'eth0').includes('239.9.9.9');

    beforeAll(async () => {
      stand = await Stand.up('multicast');
      stand.configure();
      stand.evlnet('port', 'enable', 'eth0');
      worker = await stand.worker('icmp-responder');
    }, 60_000);
    afterEach(async () => {
      for (const s of started.splice(0).reverse()) await s.stop('SIGTERM');
    });
    afterAll(async () => {
      await worker?.stop();
      await stand?.down();
    }, 60_000);

    test('evlnet udp recv joins by IGMPv2, hears the kernel’s stack, answers queries, and leaves', async () => {
      const igmp = await peer('igmp', 'eno2.42');
      const recv = await evlnet(
        /bound to port 42042/,
        'udp',
        'recv',
        '-a',
        GROUP,
        '-i',
        'eth0.42',
        '-I',
        '2',
        '-d',
      );
      const report = new RegExp(
        `type 16 group ${GROUP} from ${RESPONDER} to ${GROUP} ttl 1 options 94040000`,
        'g',
      );
      await igmp.printed(report);
      stand.get('issuer', 'python3', PEER, 'send', ISSUER, GROUP, '42042', 'one');
      await recv.printed(/= 3 bytes received: one\n +10\.10\.10\.10:\d+ > 239\.1\.2\.3, vid 42/);
      const before = igmp.said.out.match(report)!.length;
      for (const asked of ['0.0.0.0', GROUP])
        stand.get('issuer', 'python3', PEER, 'query', ISSUER, asked, '1');
      await until(() => igmp.said.out.match(report)!.length > before, 20_000, 'the query is answered');
      stand.get('issuer', 'python3', PEER, 'send', ISSUER, GROUP, '42042', 'two');
      expect(await recv.ended).toBe(0);
      await igmp.printed(new RegExp(`type 17 group ${GROUP} from ${RESPONDER} to 224\\.0\\.0\\.2 ttl 1`));
      stand.get('issuer', 'python3', PEER, 'send', ISSUER, GROUP, '42042', 'nobody');
      const stats = () => stand.json<StatsRecord[]>('stats', 'show', 'dev', 'eth0.42')[0]!;
      await until(() => stats().drops['multicast-not-joined'] === 1, 20_000, 'it is dropped');
      expect(stats().igmp).toMatchObject({ messages: 2, leaves: 1 });
    }, 60_000);

    test('what evlnet udp send sends to a group comes to the kernel’s members, with a TTL of 1', async () => {
      const member = await peer('recv', ISSUER, GROUP, '42042');
      const { stdout, status } = stand.on(
        'responder',
        process.execPath,
        EVLNET,
        'udp',
        'send',
        '-a',
        GROUP,
        '-i',
        'eth0.42',
        '-I',
        '1',
      );
      expect([status, stdout]).toEqual([0, expect.stringContaining(`== sender mode (=> ${GROUP}:42042)`)]);
      await member.printed(/Mellow sword! from 10\.10\.10\.11 ttl 1/);
    }, 60_000);

    test('a router that is the kernel’s says what its link takes: EMSGSIZE, route get, route flush', async () => {
      const [hops, far] = ['192.0.2.10', '198.51.100.9'];
      stand.get(
        'issuer',
        'sh',
        '-c',
        'ip link add far mtu 1000 type veth peer name farther && ip link set farther up && ip link set far up && ip route add 198.51.100.0/24 dev far && echo 1 >/proc/sys/net/ipv4/ip_forward',
      );
      stand.get('responder', 'ip', 'route', 'add', '198.51.100.0/24', 'via', hops);
      stand.get('responder', 'ping', '-c', '1', hops);
      stand.evlnet('filter', 'set', 'eth0', 'match', 'icmp and not vlan', 'accept');
      const mtu = () => stand.json<{ mtu: number }[]>('route', 'get', far)[0]!.mtu;
      stand.evlnet('route', 'flush');
      expect(mtu()).toBe(1500);
      const sender = await run(
        'responder',
        /error EMSGSIZE/,
        process.execPath,
        join(import.meta.dirname, 'mtu-sender.mjs'),
        far,
      );
      await sender.printed(/failed EMSGSIZE/);
      expect(mtu()).toBe(1000);
      stand.evlnet('route', 'flush');
      expect(mtu()).toBe(1500);
      stand.evlnet('filter', 'unset', 'eth0');
    }, 60_000);

    test('on a device of the kernel’s the kernel is a member as long as somebody here is, killed or not', async () => {
      const [one, two] = [
        await run('responder', /joined/, process.execPath, MEMBER),
        await run('responder', /joined/, process.execPath, MEMBER),
      ];
      expect(inKernel()).toBe(true);
      await one.stop('SIGTERM');
      expect(inKernel()).toBe(true);
      await two.stop('SIGKILL');
      await until(() => !inKernel(), 20_000, 'the kernel has left');
    }, 60_000);

    test('a port that is disabled and a worker that ends leave the groups of sockets, which join again on what comes after', async () => {
      const igmp = await peer('igmp', 'eno2.42');
      const argv = ['udp', 'recv', '-a', GROUP, '-i', 'eth0.42'];
      await evlnet(/bound to port 42042/, ...argv);
      const [joins, leaves] = [
        `type 16 group ${GROUP}`,
        `type 17 group ${GROUP} from ${RESPONDER} to 224\\.0\\.0\\.2`,
      ];
      await igmp.printed(new RegExp(joins));
      stand.evlnet('port', 'disable', 'eth0.42');
      await igmp.printed(new RegExp(leaves));
      stand.evlnet('port', 'enable', 'eth0.42', 'address', `${RESPONDER}/24`);
      await igmp.printed(new RegExp(`${leaves}[^]*${joins}`));
      expect(await worker.stop()).toBe(0);
      await igmp.printed(new RegExp(`${leaves}[^]*${joins}[^]*${leaves}[^]*${joins}`));
    }, 60_000);
  },
);
