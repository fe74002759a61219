import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EvlnetError } from '../../src/errors.js';
import { readObjectFile } from '../../src/filter/object-file.js';
import type { FilterState } from '../../src/state/schema.js';
import { FakeHost, runningWorker } from './fake.js';
import { expectGolden } from './golden.js';

let host: FakeHost;
let file: string;
beforeEach(async () => {
  host = new FakeHost();
  file = join(host.folder, 'ecat.o');
  copyFileSync('examples/filters/ethercat.o', file);
  await host.ok('port enable eth0');
});
afterEach(() => host.close());

const filters = () => host.state().filters as Record<string, FilterState>;
const warning = (message: string, hint?: string) =>
  `Warning: ${message}\n${hint === undefined ? '' : `Hint: ${hint}\n`}`;

describe('filter set', () => {
  test('records an object with its path, program and SHA-256', async () => {
    await host.ok(`filter set eth0 object ${file}`);
    const { sha256 } = readObjectFile(file);
    expect(filters()).toEqual({ eth0: { object: file, program: 'bpf_netrx', sha256 } });
    const { rev } = host.state();
    await host.ok(`filter set dev eth0 object ${file} program bpf_netrx`);
    expect(host.state().rev).toBe(rev);
    expect(host.revisions.slice(-2)).toEqual([rev, rev]);
  });

  test('replaces what was there, also by the name of a VLAN on the device', async () => {
    await host.run('port enable cell link eth0 vid 42 address 10.10.10.11/24');
    await host.ok(`filter set cell object ${file}`);
    await host.ok('filter set eth0.43 all skip');
    expect(filters()).toEqual({ eth0: { all: 'skip' } });
  });

  test('hands the kernel what a worker would run, with the ethertypes that the ports want', async () => {
    const asked: unknown[] = [];
    host.verifyFilter = ({ object }, wanted) => asked.push([object.name, wanted]);
    await host.ok(`filter set eth0 object ${file}`);
    await host.run('port enable eth0.42 address 10.10.10.11/24 ethertype any');
    await host.ok('filter set eth0 all accept');
    await host.run('port set eth0 driver pcap');
    await host.run('filter set eth0 all skip');
    expect(asked).toEqual([
      ['ecat.o', { engine: 'xdp', anyEthertype: false }],
      ['all accept', { engine: 'xdp', anyEthertype: true }],
      ['all skip', { engine: 'wasm', anyEthertype: true }],
    ]);
  });

  test('what the kernel refuses changes nothing', async () => {
    await host.ok('filter set eth0 all skip');
    const before = host.state();
    host.verifyFilter = () => {
      throw new EvlnetError('EVL_VERIFIER', 'Cannot load it\n  --> f.c:3:1', { hint: 'test the pointer' });
    };
    expect(await host.run(`filter set eth0 object ${file}`)).toEqual({
      code: 2,
      out: '',
      err: 'Cannot load it\n  --> f.c:3:1\nHint: test the pointer\n',
    });
    expect(host.state()).toEqual(before);
  });

  test('without CAP_BPF it is recorded with a warning', async () => {
    host.verifyFilter = () => {
      throw new EvlnetError('EVL_PERMISSION', 'Cannot load BPF program: operation not permitted (EPERM)');
    };
    expect(await host.run('filter set eth0 all skip')).toEqual({
      code: 0,
      out: '',
      err: warning(
        'The kernel has not verified the filter: that needs CAP_BPF',
        'a worker that cannot run it says so',
      ),
    });
    expect(filters()).toEqual({ eth0: { all: 'skip' } });
  });

  test('a worker that does not run it says why', async () => {
    const filterError = new EvlnetError('EVL_VERIFIER', 'Cannot load it; on "eth0" the VLAN rule decides');
    host.reloaded = [{ device: 'eth0', pid: 4711, filterError }];
    expect(await host.run('filter set eth0 all skip')).toEqual({
      code: 2,
      out: '',
      err: warning(
        'The filter is recorded, but the worker of "eth0" (pid 4711) does not run it: Cannot load it; on "eth0" the VLAN rule decides',
      ),
    });
    // Other changes are followed all the same.
    expect(await host.run('vlans clear')).toEqual({ code: 0, out: '', err: '' });
  });

  test.each([
    ['filter set eth0', 1, 'Command line is not complete. Try "help".'],
    ['filter set eth0 object /nope.o', 2, 'Cannot read filter "/nope.o": no such file or directory (ENOENT)'],
    ['filter set eth0 object /dev/null', 2, 'Cannot read filter "/dev/null": it is not a regular file'],
    ['filter set eth7 all accept', 2, 'Cannot find device "eth7"'],
    [
      'filter set eth0 all pass',
      1,
      'Error: argument of "all" must be "accept", "skip", "vlan" or "drop", not "pass"',
    ],
    ['filter set eth0 object FILE program main', 2, 'Cannot find program "main" in "ecat.o"'],
    ['filter unset eth7', 2, 'Cannot find device "eth7"'],
  ])('%s', async (line, code, message) => {
    const result = await host.run(line.replace('FILE', file));
    expect([result.code, result.out, result.err.split('\n')[0]]).toEqual([code, '', message]);
    expect(filters()).toEqual({});
  });

  test('warns where nothing can come of it', async () => {
    await host.run('port disable all');
    expect((await host.run('filter set eth0 all accept')).err).toBe(
      warning('"eth0" carries no port: the filter waits for one', 'evlnet port enable eth0'),
    );
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    expect((await host.run('filter set eth0 all accept')).err).toBe(
      warning(
        '"eth0" itself is no port: untagged IPv4 is taken out-of-band and dropped as no-port',
        'evlnet port enable eth0',
      ),
    );
  });
});

test('with a filter, a VLAN that is not in the set is no reason to warn', async () => {
  const enable = 'port enable eth0.42 address 10.10.10.11/24';
  expect((await host.run(enable)).err).toBe(warning('VLAN 42 is in-band', 'evlnet vlans add 42'));
  await host.ok('filter set eth0 all vlan');
  expect((await host.run(enable)).err).toBe('');
});

test('port show warns of a worker that does not run it', async () => {
  const failure = {
    code: 'EVL_FILE',
    message: 'Cannot read it; on "eth0" the VLAN rule decides',
    hint: 'do',
  };
  host.workers = [runningWorker('/run/x', { filter: { engine: 'xdp', instructions: 66, failure } })];
  expect((await host.run('port show')).err).toBe(warning(`Worker 4711: ${failure.message}`, 'do'));
});

test('filter unset takes it away, also of a device that is gone, and is no error twice', async () => {
  await host.ok('filter set eth0 all skip');
  host.links = host.links.filter((l) => l.ifname !== 'eth0');
  await host.ok('filter unset eth0');
  host.links.push({ ...host.links[0]!, ifname: 'eth0', type: 1 });
  await host.ok('filter unset eth0');
  expect(filters()).toEqual({});
});

describe('filter show', () => {
  const RULES: FilterState = {
    rules: [
      { match: 'udp port 5000', verdict: 'accept' },
      { match: "ether[0] & 1 != 0 or ip host '10.0.0.1'", verdict: 'drop' },
    ],
    default: 'vlan',
  };
  const record = (all: Record<string, FilterState>) => {
    const state = host.state();
    writeFileSync(host.stateFile, JSON.stringify({ ...state, filters: all }));
  };
  const forms: [form: string, file: string][] = [
    ['filter', 'filter-show.txt'],
    ['-br filter', 'filter-show-brief.txt'],
    ['-o filter', 'filter-show-oneline.txt'],
    ['-j -p -s filter', 'filter-show.json'],
    ['-s -d filter', 'filter-show-details.txt'],
    ['-c filter', 'filter-show-color.txt'],
  ];
  test.each(forms)('%s', async (line, golden) => {
    const sha256 = readObjectFile(file).sha256;
    const eth0 = { object: file, program: 'bpf_netrx', sha256 };
    record({ eth0, eth1: RULES, eth2: { all: 'accept' } });
    host.workers = [
      runningWorker('/run/x', {
        filter: { engine: 'xdp', instructions: 195, running: { ...eth0 } },
      }),
      {
        ...runningWorker('/run/y', {
          filter: { engine: 'xdp', instructions: 101, running: { ...RULES }, hits: [120_044, 7, 391] },
        }),
        device: 'eth1',
        pid: 4712,
      },
    ];
    const shown = (await host.ok(line)).replaceAll(host.folder, '/etc/evlnet');
    expectGolden(golden, shown.replaceAll(sha256, 'abcd'.repeat(16)));
  });

  test('a device without one', async () => {
    expect(await host.ok('filter show eth0')).toBe('eth0: filter none\n');
    expect(await host.ok('-j filter show eth0.42')).toBe('[{"ifname":"eth0","operstate":"NONE"}]\n');
    expect(await host.ok('-j filter')).toBe('[]\n');
  });

  test('a file that changed, or is gone, while the worker still runs what it had', async () => {
    await host.ok(`filter set eth0 object ${file}`);
    const running = { ...filters().eth0 };
    host.workers = [runningWorker('/run/x', { filter: { engine: 'xdp', instructions: 80, running } })];
    const state = async () => {
      const [found] = JSON.parse(await host.ok('-j filter')) as Record<string, string>[];
      return [found!.operstate, found!.engine, found!.why];
    };
    expect(await state()).toEqual(['RUNNING', 'xdp', undefined]);
    writeFileSync(file, readFileSync('examples/filters/accept-all.o'));
    expect(await state()).toEqual([
      'CHANGED',
      'xdp',
      expect.stringMatching(/SHA-256 differs\); the next worker falls back to the VLAN rule$/),
    ]);
    rmSync(file);
    expect(await state()).toEqual(['MISSING', 'xdp', expect.stringContaining('no such file')]);
  });

  test('one that the worker could not install', async () => {
    record({ eth0: RULES });
    const failure = { code: 'EVL_VERIFIER', message: 'Cannot load it; on "eth0" the VLAN rule decides' };
    host.workers = [runningWorker('/run/x', { filter: { engine: 'xdp', instructions: 66, failure } })];
    expect(await host.ok('filter show eth0')).toBe(
      `eth0: filter rules state FAILED worker 4711
    match 'udp port 5000' accept
    match 'ether[0] & 1 != 0 or ip host '\\''10.0.0.1'\\''' drop
    default vlan
    why: Cannot load it; on "eth0" the VLAN rule decides
`,
    );
  });

  test('port show and state show name it', async () => {
    record({ eth0: RULES });
    expect(await host.ok('port show eth0')).toContain('filter rules');
    expect(await host.ok('state show')).toContain("    filter eth0 match 'udp port 5000' accept match ");
    await host.ok('filter set eth0 all accept');
    expect(await host.ok('-j port show eth0')).toContain('"filter":"all accept"');
  });
});
