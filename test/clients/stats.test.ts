// Packets of an unmodified ping, as whoever watches the counters meanwhile is told of them.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { parseMetrics, sampleOf } from '../cli/metrics.js';
import { EVLNET, Stand, type Started, type StatsRecord, until } from './stand.js';

const PINGS = 20;
const SCRAPE = 'fetch(process.argv[1]).then((r) => r.text()).then((text) => process.stdout.write(text))';

interface Interval {
  readonly interval: number;
  readonly workers: readonly { readonly began?: true; readonly ended?: number }[];
  readonly stats: readonly (StatsRecord & { readonly echo: { readonly replies: number } })[];
  readonly times: readonly { readonly service_time?: { readonly count: number; readonly max: number } }[];
}

describeIf(['root', 'network namespaces', 'build', 'bpf', 'prometheus_client', { command: 'ping' }])(
  'evlnet stats watch and openmetrics',
  () => {
    let stand: Stand;
    let watch: Started;
    let server: Started;
    let responder: Started;
    const intervals = (): Interval[] =>
      watch.said.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Interval);
    const start = (...words: string[]) => stand.start('responder', {}, process.execPath, EVLNET, ...words);

    const seen = (what: () => boolean) => until(what, 20_000, () => `${what}: ${watch.said.out.slice(-200)}`);
    /** Once all is told that is counted by now. */
    const told = async () => {
      const before = intervals().length;
      await seen(() => intervals().length > before + 1);
    };

    beforeAll(async () => {
      stand = await Stand.up('stats');
      stand.configure();
      watch = start('-j', 'stats', 'watch', 'interval', '100ms');
      server = start('stats', 'openmetrics', 'listen', '127.0.0.1:0');
      await server.printed(/listening on/);
      await seen(() => intervals().length > 0);
      responder = await stand.responder();
      await seen(() => intervals().some(({ workers }) => workers[0]?.began));
    }, 60_000);
    afterAll(async () => {
      for (const started of [watch, server, responder]) await started?.stop();
      await stand?.down();
    }, 60_000);

    test('a ping through the responder', async () => {
      expect(stand.ping('-c', String(PINGS), '-i', '0.02', '10.10.10.11').received).toBe(PINGS);
      stand.ping('-b', '-c', '1', '-w', '1', '10.10.10.255');
      await told();

      const [port] = stand.json<[StatsRecord]>('stats', 'show', 'dev', 'eth0.42');
      expect(port.drops['icmp-broadcast']).toBe(1);
      const url = /http:\S+/.exec(server.said.out)![0];
      const families = parseMetrics(stand.get('responder', process.execPath, '-e', SCRAPE, url));
      const ofPort = (name: string, labels = {}) => sampleOf(families, name, { port: 'eth0.42', ...labels });
      expect(ofPort('evlnet_echo_replies_total')).toBe(PINGS);
      expect(ofPort('evlnet_rx_packets_total')).toBe(port.stats64.rx.packets);
      expect(ofPort('evlnet_drops_total', { reason: 'icmp-broadcast' })).toBe(1);
      expect(sampleOf(families, 'evlnet_worker_up', { device: 'eth0' })).toBe(1);
      expect(sampleOf(families, 'evlnet_worker_info', { driver: 'xdp' })).toBe(1);
      expect(ofPort('evlnet_neighbours', { state: 'INCOMPLETE' })).toBe(0);
      expect(sampleOf(families, 'evlnet_service_time_seconds_count', {})).toBe(port.stats64.rx.packets);

      const sum = (of: (interval: Interval) => number) =>
        intervals().reduce((total, interval) => total + of(interval), 0);
      expect(sum(({ stats, interval }) => stats[1]!.echo.replies * interval)).toBeCloseTo(PINGS, 0);
      expect(sum(({ stats, interval }) => stats[1]!.drops['icmp-broadcast']! * interval)).toBeCloseTo(1, 1);
      expect(sum(({ stats, interval }) => stats[0]!.verdicts.vlan! * interval)).toBeCloseTo(
        port.stats64.rx.packets!,
        0,
      );
      expect(sum(({ times }) => times[0]?.service_time?.count ?? 0)).toBe(port.stats64.rx.packets);
    }, 60_000);

    test('both go on when the worker ends, and end by SIGTERM', async () => {
      expect(await responder.stop()).toBe(0);
      await seen(() => intervals().some(({ workers }) => workers[0]?.ended));
      await told();
      expect(await watch.stop('SIGTERM')).toBe(0);
      expect(await server.stop('SIGTERM')).toBe(0);
      expect(server.said.err).toBe('');
      expect(watch.said.err).toMatch(/^Warning: no worker runs: .*\nHint: .*\n$/);
    }, 60_000);
  },
);
