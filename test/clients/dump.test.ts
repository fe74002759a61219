import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, type StatsRecord, until } from './stand.js';

interface Line {
  readonly verdict?: string;
  readonly oob?: boolean;
  readonly reason?: string;
  readonly summary?: string;
  readonly frames?: number;
  readonly lost?: number;
}

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'tcpdump' }, { command: 'arping' }])(
  'evlnet dump',
  () => {
    let stand: Stand;
    let worker: Started;
    const started: Started[] = [];
    const dump = (...argv: string[]) => {
      const p = stand.start('responder', {}, process.execPath, EVLNET, ...argv);
      started.push(p);
      return p;
    };
    const lines = (p: Started): Line[] =>
      p.said.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    const ping = (address: string, ...options: string[]) =>
      stand.on('issuer', 'ping', '-c', '1', '-W', '1', ...options, address);
    const program = () =>
      / prog\/xdp id (\d+)/.exec(stand.get('responder', 'ip', 'link', 'show', 'eth0'))?.[1];
    /** Of what the program at the hook does, without a filter. */
    const tag = () => / tag (\w+)/.exec(stand.get('responder', 'ip', '-d', 'link', 'show', 'eth0'))?.[1];
    let untapped: string | undefined;
    /** Its rings are there before the program that fills them. */
    const dumping = async (...argv: string[]) => {
      // The change that is waited for is not the end of the one before.
      await until(() => tag() === untapped, 20_000, 'nobody dumps');
      const before = program();
      const p = dump(...argv);
      await until(() => program() !== before, 20_000, 'another program is at the hook');
      return p;
    };

    beforeAll(async () => {
      stand = await Stand.up('dump');
      stand.configure();
      worker = await stand.worker('icmp-responder');
      untapped = tag();
      expect(untapped).toBeDefined();
    }, 60_000);
    afterEach(async () => {
      for (const p of started.splice(0)) await p.stop('SIGTERM');
    });
    afterAll(async () => {
      await worker?.stop();
      await stand?.down();
    }, 60_000);

    test('shows what is taken and what is not, with the reason, while all of it is answered', async () => {
      const p = await dumping('-j', 'dump', '-i', 'eth0');
      expect(ping('10.10.10.11').status).toBe(0);
      expect(ping('192.0.2.11').status).toBe(0);
      await until(() => lines(p).length >= 2, 20_000, 'both');
      expect(await p.stop('SIGINT')).toBe(0);
      const all = lines(p);
      expect(all.at(-1)).toEqual({ frames: all.length - 1, lost: 0 });
      const requests = all.filter((l) => l.summary?.includes('echo request'));
      expect(requests).toEqual([
        expect.objectContaining({ verdict: 'vlan', oob: true, reason: 'vlan 42 in set', queue: 0 }),
        expect.objectContaining({ verdict: 'skip', oob: false, reason: 'no VLAN' }),
      ]);
      expect(requests[0]!.summary).toMatch(
        /^vid 42 10\.10\.10\.10 > 10\.10\.10\.11 ICMP echo request id \d+ seq 1$/,
      );
    }, 60_000);

    test('follows filter and set, and shows what a filter frees', async () => {
      const p = await dumping('-j', 'dump', '-i', 'eth0.42', 'verdict', 'drop', 'verdict', 'skip');
      stand.evlnet('filter', 'set', 'eth0', 'match', 'vlan and icmp', 'drop', 'default', 'vlan');
      expect(ping('10.10.10.11').status).toBe(1);
      await until(() => lines(p).some((l) => l.verdict === 'drop'), 20_000, 'what the filter freed');
      stand.evlnet('filter', 'unset', 'eth0');
      expect(ping('10.10.10.11').status).toBe(0);
      stand.evlnet('vlans', 'del', '42');
      ping('10.10.10.11');
      await until(() => lines(p).some((l) => l.verdict === 'skip'), 20_000, 'what is in-band by now');
      stand.evlnet('vlans', 'add', '42');
      await p.stop('SIGINT');
      const shown = lines(p).filter((l) => l.summary?.includes('echo request'));
      expect(shown[0]).toMatchObject({ verdict: 'drop', oob: false, reason: 'filter' });
      expect(shown.at(-1)).toMatchObject({ verdict: 'skip', oob: false, reason: 'vlan 42 not in set' });
      expect(shown.map((l) => l.verdict)).not.toContain('vlan');
    }, 60_000);

    test('-c and -x: so many, with their octets', async () => {
      const p = await dumping('dump', '-i', 'eth0.42', '-c', '1', '-x');
      ping('10.10.10.11', '-p', 'ab');
      expect(await p.ended).toBe(0);
      expect(p.said.out).toMatch(
        /^listening to interface eth0\.42\n\d\d:\d\d:\d\d\.\d{6} OOB {5}vid 42 .* \(vlan 42 in set\)\n {4}0000: 02 fc 00 00 00 01 .*\n(?: {4}.*\n)+1 frames, 0 lost\n$/,
      );
      expect(p.said.out).toContain('ab ab ab ab');
    }, 60_000);

    test('-w: a capture that tcpdump reads, the reason as comment', async () => {
      const file = join(stand.runRoot, 'dump.pcapng');
      const p = await dumping('dump', '-i', 'eth0', '-c', '2', '-w', file, 'verdict', 'vlan');
      ping('10.10.10.11');
      ping('10.10.10.11');
      expect(await p.ended).toBe(0);
      expect(p.said).toEqual({ out: '', err: 'listening to interface eth0\n2 frames, 0 lost\n' });
      expect(stand.get('responder', 'tcpdump', '-nr', file, 'vlan', '42')).toMatch(
        /^(\d\d:\d\d:\d\d\.\d{6} IP 10\.10\.10\.10 > 10\.10\.10\.11: ICMP echo request.*\n){2}$/,
      );
      expect(readFileSync(file).includes('vlan OOB (vlan 42 in set)')).toBe(true);
    }, 60_000);

    test('-r: what came live comes to the same end once more', async () => {
      const file = join(stand.runRoot, 'live.pcapng');
      const counts = () => {
        const port = stand.json<StatsRecord[]>('stats', 'show').find((r) => r.ifname === 'eth0.42')!;
        return { received: port.stats64.rx.packets!, sent: port.stats64.tx.packets!, drops: port.drops };
      };
      // Names of neighbours are known on both sides.
      expect(ping('10.10.10.11').status).toBe(0);
      const p = await dumping('dump', '-i', 'eth0.42', '-w', file, 'verdict', 'vlan');
      const before = counts();
      expect(ping('10.10.10.11', '-s', '4000').status).toBe(0);
      expect(ping('10.10.10.11', '-T', 'tsonly').status).toBe(0);
      ping('10.10.10.255', '-b');
      stand.on('issuer', 'arping', '-c', '1', '-I', 'eno2.42', '10.10.10.11');
      stand.on('issuer', 'arping', '-c', '1', '-w', '1', '-I', 'eno2.42', '10.10.10.12');
      stand.on('issuer', 'bash', '-c', 'echo > /dev/udp/10.10.10.11/9');
      expect(ping('10.10.10.11').status).toBe(0);
      const after = counts();
      await p.stop('SIGINT');

      const drops = Object.entries(after.drops)
        .map(([reason, count]) => [reason, count - before.drops[reason]!] as const)
        .filter(([, count]) => count > 0);
      expect(drops.map(([reason]) => reason)).toEqual(['icmp-broadcast', 'udp-no-socket']);
      const again = stand.on(
        'responder',
        process.execPath,
        EVLNET,
        '-j',
        'dump',
        '-i',
        'eth0.42',
        '-r',
        file,
      );
      expect(JSON.parse(again.stdout.trimEnd().split('\n').at(-1)!)).toEqual({
        frames: after.received - before.received,
        taken: after.received - before.received,
        transmitted: after.sent - before.sent,
        drops: Object.fromEntries(drops),
      });
      expect(again.stderr).toBe('');
    }, 60_000);

    test('a burst that is longer than what is judged at once, in order', async () => {
      const p = await dumping('-j', 'dump', '-i', 'eth0.42', '-c', '20000');
      p.child.kill('SIGSTOP');
      expect(ping('10.10.10.11', '-q', '-f', '-c', '20000').status).toBe(0);
      p.child.kill('SIGCONT');
      expect(await p.ended).toBe(0);
      const all = lines(p);
      const frames = all.slice(0, -1) as { timestamp: string; reason: string }[];
      expect(frames.filter((f) => !f.reason.startsWith('vlan 42 in set'))).toEqual([]);
      expect(frames.every((f, i) => i === 0 || f.timestamp >= frames[i - 1]!.timestamp)).toBe(true);
      expect(all.at(-1)).toEqual({ frames: 20_000, lost: 0 });
      expect(frames.length).toBe(20_000);
    }, 60_000);

    test('who looks on does not decide: a filter that cannot be tapped runs all the same', async () => {
      const object = join(stand.runRoot, 'bsd.o');
      const gpl = readFileSync('examples/filters/vlan-udp-port.o');
      const at = gpl.indexOf('GPL\0');
      expect(at).toBeGreaterThan(0);
      gpl.write('BSD', at);
      writeFileSync(object, gpl);
      const p = await dumping('-j', 'dump', '-i', 'eth0');
      expect(stand.evlnet('filter', 'set', 'eth0', 'object', object).status).toBe(0);
      expect(stand.json('filter', 'show', 'eth0')).toMatchObject([{ operstate: 'RUNNING', engine: 'xdp' }]);
      await p.stop('SIGINT');
      const other = stand.on('responder', process.execPath, EVLNET, 'dump', '-i', 'eth0');
      expect([other.status, other.stderr]).toEqual([
        3,
        expect.stringMatching(
          /^Cannot dump what filter ".*" decides about: its license is "Dual MIT\/BSD", .*\nHint: declare/,
        ),
      ]);
      stand.evlnet('filter', 'unset', 'eth0');
      const again = await dumping('-j', 'dump', '-i', 'eth0', '-c', '1');
      ping('10.10.10.11');
      expect(await again.ended).toBe(0);
    }, 60_000);

    test('-w to who does not read ends with Ctrl-C, too', async () => {
      const argv = [process.execPath, EVLNET, 'dump', '-i', 'eth0.42', '-w', '-'];
      const before = program();
      const reader = stand.start(
        'responder',
        {},
        'bash',
        '-c',
        '"$@" > >(exec sleep 20 >/dev/null 2>&1) & echo $!; wait $!',
        'bash',
        ...argv,
      );
      started.push(reader);
      await until(() => program() !== before, 20_000, 'another program is at the hook');
      ping('10.10.10.11', '-q', '-f', '-c', '2000');
      process.kill(Number(reader.said.out), 'SIGINT');
      expect(await reader.ended).toBe(0);
    }, 60_000);

    test('one at a time; one that is killed leaves nothing', async () => {
      const before = program();
      const p = await dumping('dump', '-i', 'eth0');
      const other = stand.on('responder', process.execPath, EVLNET, 'dump', '-i', 'eth0');
      expect([other.status, other.stderr]).toEqual([
        2,
        'Cannot dump frames of "eth0": somebody else does (EBUSY)\nHint: end the other evlnet dump first\n',
      ]);
      const tapped = program();
      await p.stop('SIGKILL');
      await until(() => program() !== tapped, 20_000, 'the program without a tap is there again');
      expect(program()).not.toBe(before);
      expect(ping('10.10.10.11').status).toBe(0);
    }, 60_000);

    test('without a worker it says so; one that ends ends it', async () => {
      const p = await dumping('dump', '-i', 'eth0.42');
      await worker.stop();
      expect(await p.ended).toBe(2);
      expect(p.said.err).toBe(
        'The worker of "eth0" ended: all is in-band there\nHint: evlnet run eth0, then again\n',
      );
      const none = stand.on('responder', process.execPath, EVLNET, 'dump', '-i', 'eth0');
      expect([none.status, none.stderr]).toEqual([
        2,
        'Cannot reach the worker of "eth0": there is none\nHint: evlnet run eth0\n',
      ]);
    }, 60_000);
  },
);
