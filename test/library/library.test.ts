import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeIf } from '../capability.js';
import { EVLNET, Stand, type Started, type StatsRecord, until } from '../clients/stand.js';
import { output } from '../command.js';

const here = (name: string) => join(import.meta.dirname, name);
const RUN = here('../../examples/services/run.mjs');

describeIf(['build'])('examples/stack', () => {
  test('a stack on a device in memory answers a ping', () => {
    const example = here('../../examples/stack/loopback.mjs');
    expect(output(process.execPath, [example])).toBe('echo reply from 10.10.10.11, seq 1\n');
  });
});

describeIf(['root', 'network namespaces', 'bpf', 'build'])('the library, beside a worker', () => {
  let stand: Stand;
  let worker: Started;
  beforeAll(async () => {
    stand = await Stand.up('library');
    stand.configure();
    worker = await stand.worker('icmp-responder');
  }, 60_000);
  afterAll(async () => {
    await worker?.stop();
    await stand?.down();
  }, 60_000);

  const start = (...argv: string[]) => stand.start('responder', {}, process.execPath, ...argv);
  const ask = (port: number, count: number, patienceMs = 20_000) =>
    JSON.parse(
      stand.get(
        ...(['issuer', process.execPath, here('ask.mjs'), '10.10.10.11'] as const),
        ...[port, count, patienceMs].map(String),
      ),
    ) as (string | null)[];
  const drops = () => stand.json<StatsRecord[]>('stats', 'show', 'eth0.42')[0]!.drops;

  test('calls change what the command line changes, and the worker follows', () => {
    expect(stand.ping('-c', '1', '10.10.10.11').received).toBe(1);
    const said = stand
      .get('responder', process.execPath, here('calls.mjs'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name?: string; result?: unknown; warning?: string });
    const results = Object.fromEntries(said.flatMap(({ name, result }) => (name ? [[name, result]] : [])));
    expect(results).toEqual({
      query: expect.objectContaining({ ifname: 'eth0.42', skb_size: 4096, tx_packets: expect.any(Number) }),
      filter: null,
      'no filter': null,
      second: expect.objectContaining({ code: 'EVL_PORT_EXISTS' }),
      enable: null,
      vlans: '42,44',
      aborted: expect.objectContaining({ message: 'enough' }),
      solicit: null,
      nobody: expect.objectContaining({ code: 'EVL_TIMEOUT' }),
      disable: null,
    });
    expect((results.query as { tx_packets: number }).tx_packets).toBeGreaterThanOrEqual(1);
    expect(said.flatMap(({ warning }) => warning ?? [])).toEqual([
      'VLAN 44 is in-band',
      'No port has VLAN 44: its IPv4 is taken out-of-band and dropped as no-port',
    ]);
    expect(stand.get('responder', process.execPath, EVLNET, 'vlans')).toBe('42,44\n');
  });

  test('a service of a user joins the worker, answers, and goes with its program', async () => {
    const program = start(RUN, 'eth0.42', '5000');
    await program.printed(/sequence numbers at UDP port 5000 \(attached\)/);
    expect(ask(5000, 3)).toEqual(['00000000', '00000001', '00000002']);
    await program.stop('SIGKILL');
    await until(() => ask(5000, 1, 100)[0] === null, 10_000, 'the service to go');
    expect(stand.ping('-c', '1', '10.10.10.11').received).toBe(1);
  });

  test('one that throws is stopped, counted and told; the worker goes on', async () => {
    const program = start(here('run-failing.mjs'));
    await program.printed(/running/);
    const before = drops();
    expect(ask(5001, 2)).toEqual([hex('number 0'), hex('number 1')]);
    expect(ask(5001, 1, 100)).toEqual([null]);
    expect(await program.ended).toBe(0);
    expect(program.said.out).toMatch(/EVL_SERVICE_FAILED .*RangeError: two were enough \(at .*failing\.mjs/);
    const after = drops();
    expect(after['service-failed']! - before['service-failed']!).toBe(1);
    expect(stand.ping('-c', '1', '10.10.10.11').received).toBe(1);
  });

  test('what cannot be loaded says why; without a worker the program becomes it', async () => {
    await worker.stop();
    const bad = `import('evlnet').then((m) => m.runService(process.argv[1], { ifname: 'eth0.42' })).catch((e) => console.log(e.code, e.message))`;
    const { stdout } = stand.on('responder', process.execPath, '-e', bad, here('ask.mjs'));
    expect(stdout).toMatch(/EVL_SERVICE Cannot load service "file:.*ask\.mjs.*": /);
    const program = start(RUN, 'eth0.42', '5000');
    await program.printed(/\(worker\)/);
    expect(ask(5000, 1)).toEqual(['00000000']);
    expect(await program.stop()).toBe(0);
  });
});

const hex = (text: string) => Buffer.from(text).toString('hex');
