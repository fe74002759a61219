import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { preferredFormat } from '../../src/cli/stats/metrics/negotiation.js';
import { DROP_COUNT } from '../../src/drop.js';
import { HOOK_COUNT } from '../../src/filter/verdict.js';
import { type Counters, DeviceCounter, SLOT_STRIDE, SlotCounter, Stage } from '../../src/memory/counters.js';
import { record } from '../../src/memory/histogram.js';
import { describeIf } from '../capability.js';
import { FakeHost } from './fake.js';
import { parseMetrics, sampleOf } from './metrics.js';

let host: FakeHost;
beforeEach(async () => {
  host = new FakeHost();
  await host.run('port enable eth0.42 address 10.10.10.11/24');
});
afterEach(() => host.close());

/** A worker in whose page every counter has a value of its own. */
const fill = ({ device, slots, serviceTime, stages }: Counters): void => {
  let next = 1001;
  for (const slot of [0, 42]) {
    for (let i = 1; i < DROP_COUNT; i++) slots[slot * SLOT_STRIDE + i] = next++;
    for (const counter of Object.values(SlotCounter)) slots[slot * SLOT_STRIDE + counter] = next++;
  }
  for (let i = 0; i < HOOK_COUNT; i++) device[DeviceCounter.Hook + i] = next++;
  record(serviceTime, 900, 10);
  record(serviceTime, 12_000, 80);
  record(serviceTime, 3_000_000_000, 1);
  record(stages[Stage.QueueDriver]!, 2000, 2);
};
const count = () => {
  host.runsWorker(fill, { pageFaults: { minor: 7, major: 0 } });
  host.answers.neighbours = () => ({
    neighbours: [
      { ifname: 'eth0.42', address: 1, state: 2, ageS: 1 },
      { ifname: 'eth0.42', address: 2, state: 2, ageS: 1 },
      { ifname: 'eth0.42', address: 3, state: 4, ageS: 1 },
    ],
  });
};

/** Every number in it. */
const numbers = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
};

/** Serves while `use` runs, which is given the URL; then Ctrl-C. */
async function served(place: string, use: (url: string) => Promise<void>): Promise<void> {
  const listening = new Promise<string>((resolve) => {
    host.onOut = (text) => resolve(/listening on (\S+)/.exec(text)?.[1] ?? text);
  });
  const ended = host.run(`stats openmetrics listen ${place}`);
  try {
    await use(await listening);
  } finally {
    host.stop.abort();
  }
  expect(await ended).toMatchObject({ code: 0, err: '' });
}

describeIf(['prometheus_client'])("by Prometheus' own parsers", () => {
  test('every counter and drop reason of stats show -j is there', async () => {
    count();
    const families = parseMetrics(await host.ok('stats openmetrics'));
    const told = families.filter((f) => f.type === 'counter').flatMap((f) => f.samples.map(([, , v]) => v));
    const records = JSON.parse(await host.ok('-j stats')) as object[];
    const counted = numbers(records.map((r) => ({ ...r, service_time: undefined })));
    expect(counted.length).toBeGreaterThan(2 * DROP_COUNT);
    expect(told).toEqual(expect.arrayContaining(counted));
    expect(
      sampleOf(families, 'evlnet_rx_packets_total', { device: 'eth0', port: 'eth0.42', vid: '42' }),
    ).toBe((records[1] as { stats64: { rx: { packets: number } } }).stats64.rx.packets);
    for (const { help } of families) expect(help).not.toBe('');
  });

  test('zeros without a worker, nothing without ports', async () => {
    const families = parseMetrics(await host.ok('stats openmetrics'));
    expect(sampleOf(families, 'evlnet_drops_total', { port: 'eth0.42', reason: 'no-port' })).toBe(0);
    expect(sampleOf(families, 'evlnet_worker_up', { device: 'eth0' })).toBe(0);
    expect(sampleOf(families, 'evlnet_service_time_seconds_count', { device: 'eth0' })).toBe(0);
    await host.run('port disable all');
    const without = parseMetrics(await host.ok('stats openmetrics'));
    expect(without.map(({ name }) => name)).toEqual(families.map(({ name }) => name));
    expect(without.flatMap(({ samples }) => samples.map(([name]) => name))).toEqual(['evlnet_build_info']);
  });

  test('histograms: a time is in the first bucket that it does not exceed, and in all after it', async () => {
    count();
    const families = parseMetrics(await host.ok('stats openmetrics'));
    const at = (le: string) => sampleOf(families, 'evlnet_service_time_seconds_bucket', { le });
    expect(['1e-06', '1e-05', '2e-05', '1.0', '+Inf'].map(at)).toEqual([10, 10, 90, 90, 91]);
    expect(sampleOf(families, 'evlnet_service_time_seconds_count', {})).toBe(91);
    expect(sampleOf(families, 'evlnet_service_time_seconds_sum', {})).toBeCloseTo(3.000969, 9);
    expect(sampleOf(families, 'evlnet_stage_seconds_count', { stage: 'queue_driver' })).toBe(2);
    expect(sampleOf(families, 'evlnet_garbage_collection_seconds_count', {})).toBe(0);
  });

  test('the worker, its neighbours, the version', async () => {
    count();
    const families = parseMetrics(await host.ok('stats openmetrics'));
    expect(sampleOf(families, 'evlnet_worker_info', { device: 'eth0', driver: 'xdp', mode: 'native' })).toBe(
      1,
    );
    expect(sampleOf(families, 'evlnet_worker_up', {})).toBe(1);
    expect(sampleOf(families, 'evlnet_link_up', {})).toBe(1);
    expect(sampleOf(families, 'evlnet_page_faults_total', { kind: 'minor' })).toBe(7);
    const neighbours = (state: string) => sampleOf(families, 'evlnet_neighbours', { port: 'eth0.42', state });
    expect(['REACHABLE', 'STALE', 'FAILED'].map(neighbours)).toEqual([2, 1, 0]);
  });

  test('the text format has the same samples', async () => {
    count();
    const samples = (text: string, format: 'openmetrics' | 'text') =>
      parseMetrics(text, format).flatMap((family) => family.samples);
    await served('127.0.0.1:0', async (url) => {
      const response = await fetch(url, { headers: { accept: 'text/plain' } });
      expect(samples(await response.text(), 'text')).toEqual(
        samples(await host.ok('stats openmetrics'), 'openmetrics'),
      );
    });
  });

  test('a name may have any character', async () => {
    const odd = 'a"b\\c';
    host.workers = [{ device: odd, pid: 1, folder: host.folder, isAlive: true }];
    expect(
      sampleOf(parseMetrics(await host.ok('stats openmetrics')), 'evlnet_worker_up', { device: odd }),
    ).toBe(1);
  });
});

describe('listen', () => {
  test.each([
    ['127.0.0.1:0', /^http:\/\/127\.0\.0\.1:\d+\/metrics$/],
    [':0', /^http:\/\/\[::\]:\d+\/metrics$/],
    ['[::1]:0', /^http:\/\/\[::1\]:\d+\/metrics$/],
  ])('%s', async (place, pattern) => {
    await served(place, async (url) => {
      expect(url).toMatch(pattern);
      const response = await fetch(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(
        'application/openmetrics-text; version=1.0.0; charset=utf-8',
      );
      expect(await response.text()).toBe(await host.ok('stats openmetrics'));
    });
  });

  test('reads afresh each time, in the format asked for; a scrape that fails is not the last', async () => {
    await served('127.0.0.1:0', async (url) => {
      const scrape = async (accept: string, method = 'GET') => {
        const response = await fetch(url, { method, headers: { accept } });
        return {
          status: response.status,
          type: response.headers.get('content-type'),
          text: await response.text(),
        };
      };
      expect((await scrape('*/*')).text).toContain('evlnet_worker_up{device="eth0"} 0\n');
      count();
      const { type, text } = await scrape('text/plain');
      expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(text).toContain('# TYPE evlnet_worker_info gauge\n');
      expect(text).toContain('# TYPE evlnet_rx_packets_total counter\n');
      expect(text).not.toMatch(/# (UNIT|EOF)/);
      expect(await scrape('*/*', 'HEAD')).toMatchObject({ status: 200, text: '' });
      const state = JSON.stringify(host.state());
      writeFileSync(host.stateFile, JSON.stringify({ ...host.state(), schema: 99 }));
      const failed = await scrape('*/*');
      expect(failed.status).toBe(500);
      expect(failed.text).toMatch(/newer|99/);
      writeFileSync(host.stateFile, state);
      expect((await scrape('*/*')).status).toBe(200);
    });
  });

  test('404 elsewhere, 405 for other methods', async () => {
    await served('127.0.0.1:0', async (url) => {
      expect((await fetch(new URL('/', url))).status).toBe(404);
      expect((await fetch(`${url}?name=x`)).status).toBe(200);
      const posted = await fetch(url, { method: 'POST', body: 'x' });
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    });
  });

  test('where another listens', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    expect(await host.run(`stats openmetrics listen 127.0.0.1:${port}`)).toEqual({
      code: 2,
      out: '',
      err: `Cannot listen on 127.0.0.1:${port}: address already in use (EADDRINUSE)\nHint: "ss -ltnp" tells who listens there\n`,
    });
    other.close();
  });

  const HINT = 'Hint: write it as 127.0.0.1:9842, :9842 or [::1]:9842\n';
  test.each([
    ['9842', '"listen" is an address and a port'],
    ['127.0.0.1', '"listen" is an address and a port'],
    ['::1:9842', '"listen" is an address and a port'],
    ['localhost:9842', '"localhost" is not an IPv4 address'],
    ['[127.0.0.1]:9842', '"127.0.0.1" is not an IPv6 address'],
    ['127.0.0.1:65536', 'port 65536 is above 65535'],
  ])('%s', async (place, reason) => {
    expect(await host.run(`stats openmetrics listen ${place}`)).toEqual({
      code: 1,
      out: '',
      err: `Error: argument "${place}" is wrong: ${reason}\n${HINT}`,
    });
  });

  test('an address that is not ours', async () => {
    expect((await host.run('stats openmetrics listen 203.0.113.1:0')).err).toBe(
      'Cannot listen on 203.0.113.1:0: address not available (EADDRNOTAVAIL)\nHint: "ip address" lists the addresses of this host\n',
    );
  });
});

describe('preferredFormat()', () => {
  const PROMETHEUS_2 =
    'application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.2';
  const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
  test.each([
    [undefined, 'openmetrics'],
    ['*/*', 'openmetrics'],
    [PROMETHEUS_2, 'openmetrics'],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
    ['text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'text'],
    ['text/plain', 'text'],
    ['text/*', 'text'],
    ['application/openmetrics-text;version=0.0.1,text/plain;q=0.1', 'text'],
    ['application/openmetrics-text;q=0,*/*', 'text'],
    [BROWSER, 'openmetrics'],
    ['', 'openmetrics'],
    [';q=x,,=', 'openmetrics'],
  ] as const)('%s: %s', (accept, format) => {
    expect(preferredFormat(accept)).toBe(format);
  });
});
