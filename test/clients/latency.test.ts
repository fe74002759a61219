import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, until } from './stand.js';

interface Path {
  readonly path: string;
  readonly transmitted: number;
  readonly received: number;
  readonly rtt_us: Record<string, number>;
  readonly histogram?: readonly { readonly us: number; readonly count: number }[];
}

/** Slower than the default, so that a busy machine keeps up. */
const PACE = ['-c', '100', '--interval', '2ms'];

describeIf(['root', 'network namespaces', 'bpf', 'build', { command: 'socat' }])('evlnet latency', () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await Stand.up('latency');
    stand.configure();
  }, 60_000);
  afterAll(() => stand?.down(), 60_000);

  test('beside the in-band path, as JSON: every reply is in the numbers and in the histogram', () => {
    const paths = stand.json<Path[]>(
      ...['latency', ...PACE, '--histogram', '--compare', '192.0.2.10', '10.10.10.10'],
    );
    expect(paths.map((p) => p.path)).toEqual(['out-of-band', 'in-band']);
    for (const { transmitted, received, rtt_us: t, histogram } of paths) {
      expect(transmitted).toBe(100);
      // ping(8) does not wait for a reply that is later than twice the others.
      expect(received).toBeGreaterThanOrEqual(95);
      expect(histogram!.reduce((sum, { count }) => sum + count, 0)).toBe(received);
      const order = ['max', 'p9999', 'p999', 'p99', 'p90', 'p50', 'min'].map((key) => t[key]!);
      expect(order).toEqual([...order].sort((a, b) => b - a));
      expect(t.jitter).toBeCloseTo(t.max! - t.min!, 0);
    }
  }, 60_000);

  test('for people: a title, the worst case first, a histogram; Ctrl-C ends it with that', async () => {
    const running = stand.start(
      'responder',
      {},
      process.execPath,
      ...[EVLNET, 'latency', '--interval', '2ms', '--histogram', '10.10.10.10'],
    );
    await running.printed(/\n {7}1 +\d+ +\d+ +\d+ +[\d.]+ +[\d.]+\n/);
    expect(await running.stop()).toBe(0);
    const { out, err } = running.said;
    expect(err).toBe('');
    expect(out).toMatch(
      /^LATENCY 10\.10\.10\.10 \(10\.10\.10\.10\) from 10\.10\.10\.11 eth0\.42: ICMP echo, 56\(84\) bytes every 2 ms\n {5}# s/,
    );
    expect(out).toMatch(
      /\nus +out-of-band\nworst case +[\d.]+\njitter +[\d.]+\n99\.99 % [\s\S]*\nbest case +[\d.]+\ntransmitted +\d+\nlost +0 \(0%\)\noverruns +\d+\n/,
    );
    expect(out).toMatch(/\n# us {6}out-of-band\n(?: *[\d.]+ +\d+ #+\n)+$/);
  }, 60_000);

  test('by UDP, from whoever sends datagrams back; where nobody does, that is said', async () => {
    const echo = stand.start('issuer', {}, 'socat', 'UDP4-RECVFROM:42042,fork', 'EXEC:cat');
    await until(
      () => stand.get('issuer', 'ss', '-Hlun', 'sport', '=', ':42042').includes('42042'),
      20_000,
      'socat listens',
    );
    const pace = ['-c', '20', '--interval', '20ms'];
    const by = ['--udp', '-p', '42042'];
    const paths = stand.json<Path[]>('latency', ...by, ...pace, '--compare', '192.0.2.10', '10.10.10.10');
    expect(paths).toMatchObject([
      { path: 'out-of-band', transmitted: 20, received: 20 },
      { path: 'in-band', transmitted: 20, received: 20 },
    ]);
    for (const { rtt_us } of paths) expect(rtt_us.min).toBeGreaterThan(1);
    // Until Ctrl-C.
    const argv = ['-j', 'latency', ...by, '--interval', '20ms', '--compare', '192.0.2.10', '10.10.10.10'];
    const running = stand.start('responder', {}, process.execPath, EVLNET, ...argv);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await running.stop()).toBe(0);
    const [, inBand] = JSON.parse(running.said.out) as Path[];
    expect(inBand!.transmitted).toBeGreaterThan(10);
    expect(inBand!.received).toBe(inBand!.transmitted);
    await echo.stop('SIGTERM');
    const compared = ['--compare', '192.0.2.10'];
    const nobody = stand.evlnet('latency', '--udp', '-q', '-w', '1', ...compared, '10.10.10.10');
    expect([nobody.status, nobody.stderr]).toEqual([
      4,
      [
        'Warning: 10.10.10.10 has nobody at UDP port 7, it says\nHint: on it: evlnet udp echo -i IFNAME\n',
        "Warning: 192.0.2.10 has nobody at UDP port 7, it says\nHint: on it: an echo service of the kernel's sockets, such as socat UDP4-RECVFROM:7,fork EXEC:cat\n",
      ].join(''),
    ]);
  }, 60_000);

  test('nobody there is exit 4; an in-band address that the kernel cannot reach says so', () => {
    const alone = stand.evlnet('latency', '-q', '-w', '0.3', '10.10.10.77');
    expect([alone.status, alone.stderr]).toEqual([4, '']);
    const { status, stderr } = stand.evlnet('latency', ...PACE, '--compare', '203.0.113.1', '10.10.10.10');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Cannot ping 203\.0\.113\.1 in-band: .*unreachable/i);
    const udp = stand.evlnet('latency', '--udp', ...PACE, '--compare', '203.0.113.1', '10.10.10.10');
    expect(udp.status).toBe(2);
    expect(udp.stderr).toMatch(
      /^Cannot send datagrams to 203\.0\.113\.1 in-band: Network is unreachable \(ENETUNREACH\)\nHint/,
    );
  }, 60_000);
});
