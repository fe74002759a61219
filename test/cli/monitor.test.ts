import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newGlobals } from '../../src/cli/globals.js';
import { type Change, changes, merged, type Snapshot } from '../../src/cli/monitor/changes.js';
import { eventText } from '../../src/cli/monitor/event.js';
import { linkRecord } from '../../src/cli/monitor/link.js';
import { StateSource } from '../../src/cli/monitor/state-source.js';
import { workerRecord } from '../../src/cli/monitor/worker.js';
import { WorkerSource } from '../../src/cli/monitor/worker-source.js';
import { Printer } from '../../src/cli/print/printer.js';
import type { System, Worker } from '../../src/cli/system.js';
import { vlansRecord } from '../../src/cli/vlans.js';
import { EvlnetError } from '../../src/errors.js';
import { emptyState } from '../../src/state/schema.js';
import { link, runningWorker } from './fake.js';

const eth0 = linkRecord(link(2, 'eth0'), []);
const eth1 = linkRecord(link(3, 'eth1'), []);
const down = { ...eth0, operstate: 'DOWN', flags: ['BROADCAST'] };
const port = { ifname: 'eth0.42', flags: ['OOB'], operstate: 'ENABLED' as const, addr_info: [] };
const filter = { ifname: 'eth0', operstate: 'SET' as const, all: 'accept' as const };
const host = { dst: '10.10.10.10', dev: 'eth0.42', lladdr: '02:fc:00:00:00:02', state: ['REACHABLE'] };
const worker = { ifname: 'eth0', worker: 4711 };
const devices = new Set(['eth0', 'eth0.42']);

describe('changes()', () => {
  const told = (before: Snapshot, after: Snapshot) =>
    changes(before, after).map(
      ({ kind, record, isDeleted }) => `${isDeleted ? '-' : '+'}${kind} ${JSON.stringify(record)}`,
    );
  const plus = (kind: string, record: object) => `+${kind} ${JSON.stringify(record)}`;
  const minus = (kind: string, record: object) => `-${kind} ${JSON.stringify(record)}`;

  const running = { ...port, operstate: 'RUNNING' as const };
  const stale = { ...host, state: ['STALE'] };
  const both = { ...host, dst: '10.10.10.12' };
  const cases: [what: string, before: Snapshot, after: Snapshot, events: string[]][] = [
    ['nothing', { port: [port], neigh: [host] }, { port: [{ ...port }], neigh: [{ ...host }] }, []],
    ['another order', { neigh: [host, both] }, { neigh: [both, host] }, []],
    ['a port is enabled', { port: [] }, { port: [port] }, [plus('port', port)]],
    ['its state changes', { port: [port] }, { port: [running] }, [plus('port', running)]],
    ['it is disabled, as it was last', { port: [running] }, { port: [] }, [minus('port', running)]],
    [
      'the set changes',
      { vlans: [vlansRecord('42')] },
      { vlans: [vlansRecord('42-43')] },
      [plus('vlans', vlansRecord('42-43'))],
    ],
    [
      'the set is cleared',
      { vlans: [vlansRecord('42')] },
      { vlans: [] },
      [minus('vlans', vlansRecord('42'))],
    ],
    [
      'a filter fails',
      { filter: [filter] },
      { filter: [{ ...filter, operstate: 'FAILED', why: 'EPERM' }] },
      [plus('filter', { ...filter, operstate: 'FAILED', why: 'EPERM' })],
    ],
    [
      'one neighbour of two changes, the other goes',
      { neigh: [host, both] },
      { neigh: [stale] },
      [minus('neigh', both), plus('neigh', stale)],
    ],
    [
      'the same host on another port',
      { neigh: [host] },
      { neigh: [host, { ...host, dev: 'eth0' }] },
      [plus('neigh', { ...host, dev: 'eth0' })],
    ],
    [
      'another process is the worker',
      { worker: [worker] },
      { worker: [{ ...worker, worker: 4712 }] },
      [minus('worker', worker), plus('worker', { ...worker, worker: 4712 })],
    ],
    [
      'a link goes down, and another that no port is on',
      { devices, link: [eth0, eth1] },
      { devices, link: [down, { ...eth1, mtu: 9000 }] },
      [plus('link', down)],
    ],
    ['a device becomes a port', { devices: new Set(), link: [eth0] }, { devices, link: [eth0] }, []],
    ['a device is no port any more', { devices, link: [eth0] }, { devices: new Set(), link: [eth0] }, []],
    ['a device of a port is gone', { devices, link: [eth0] }, { devices, link: [] }, [minus('link', eth0)]],
    [
      'a device of that name is another one',
      { devices, link: [eth0] },
      { devices, link: [{ ...eth0, ifindex: 7 }] },
      [minus('link', eth0), plus('link', { ...eth0, ifindex: 7 })],
    ],
    [
      'all at once: causes first',
      {
        devices,
        neigh: [host],
        filter: [filter],
        port: [running],
        vlans: [],
        worker: [worker],
        link: [eth0],
      },
      { devices, neigh: [], filter: [], port: [port], vlans: [vlansRecord('7')], worker: [], link: [down] },
      [
        plus('link', down),
        minus('worker', worker),
        plus('vlans', vlansRecord('7')),
        plus('port', port),
        minus('filter', filter),
        minus('neigh', host),
      ],
    ],
    ['what could not be read before is not new', {}, { port: [port], worker: [worker] }, []],
    ['what cannot be read is not gone', { port: [port], worker: [worker] }, { worker: undefined }, []],
  ];
  test.each(cases)('%s', (_, before, after, events) => {
    expect(told(before, after)).toEqual(events);
  });

  test('what cannot be read for a while is compared with what it was before', () => {
    const gap = merged({ port: [port], neigh: [host] }, { port: undefined, neigh: [] });
    expect(gap).toEqual({ port: [port], neigh: [] });
    expect(told(gap, merged(gap, { port: [running] }))).toEqual([plus('port', running)]);
  });
});

describe('an event is printed as ip(8) does', () => {
  const now = new Date('2026-11-28T18:00:00.123Z');
  const text = (more: Partial<ReturnType<typeof newGlobals>>, change: Change, isLabelled = false) => {
    const globals = { ...newGlobals(), ...more };
    const plain = (word: string) => word;
    const paint = { ifname: plain, lladdr: plain, inet: plain, up: plain, down: plain, changed: plain };
    const print = new Printer(globals, { write: () => true }, paint);
    return eventText(change, { globals, print }, isLabelled, now);
  };
  const gone: Change = { kind: 'neigh', record: host, isDeleted: true };
  const shown = '10.10.10.10 dev eth0.42 lladdr 02:fc:00:00:00:02 REACHABLE';
  const found: Change<'worker'> = {
    kind: 'worker',
    record: workerRecord(
      runningWorker('', { services: [{ service: 'icmp-responder' }, { service: 'udp-echo', udpPort: 7 }] }),
    ),
    isDeleted: false,
  };

  test('label and Deleted', () => {
    expect(text({}, gone)).toBe(`Deleted ${shown}`);
    expect(text({}, gone, true)).toBe(`[NEIGH]Deleted ${shown}`);
    expect(text({}, { ...gone, isDeleted: false }, true)).toBe(`[NEIGH]${shown}`);
  });

  test('time stamps', () => {
    expect(text({ timestamp: 'short' }, gone, true)).toMatch(
      /^\[2026-11-2\dT\d\d:\d\d:00\.123000\] \[NEIGH\]Deleted 10\./,
    );
    expect(text({ timestamp: 'long' }, gone, true)).toMatch(
      /^Timestamp: \w{3} Nov 2\d 2026 \d\d:\d\d:00 123000 usec\n\[NEIGH\]Deleted 10\./,
    );
  });

  test('JSON', () => {
    expect(JSON.parse(text({ json: true }, gone, true))).toEqual({ event: 'neigh', deleted: true, ...host });
    expect(JSON.parse(text({ json: true, timestamp: 'short' }, found))).toEqual({
      timestamp: '2026-11-28T18:00:00.123Z',
      event: 'worker',
      ifname: 'eth0',
      worker: 4711,
      driver: 'xdp',
      mode: 'native',
      zerocopy: false,
      services: [{ service: 'icmp-responder' }, { service: 'udp-echo', udpPort: 7 }],
    });
  });

  test('worker, link and set', () => {
    expect(text({}, found)).toBe(
      'eth0: worker 4711 driver xdp mode native copy\n    icmp-responder\n    udp-echo udpPort 7',
    );
    expect(text({ oneline: true }, found)).toBe(
      'eth0: worker 4711 driver xdp mode native copy\\    icmp-responder\\    udp-echo udpPort 7',
    );
    expect(text({}, { kind: 'link', record: { ...eth0, link: 'peer0' }, isDeleted: false })).toBe(
      '2: eth0@peer0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n    link/ether 02:fc:00:00:00:02',
    );
    expect(text({ brief: true }, { kind: 'link', record: down, isDeleted: false })).toBe(
      'eth0             DOWN           02:fc:00:00:00:02 <BROADCAST>',
    );
    expect(text({}, { kind: 'vlans', record: vlansRecord('42,43,100'), isDeleted: false })).toBe('42-43,100');
  });
});

describe('the state file, looked at again and again', () => {
  let folder: string;
  let file: string;
  let warnings: string[];
  let source: StateSource;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evlnet-monitor-'));
    file = join(folder, 'state.json');
    warnings = [];
    source = new StateSource(file, (message) => warnings.push(message));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (vlans: string) => writeFileSync(file, JSON.stringify({ ...emptyState(), vlans }));
  const look = () => source.look()?.vlans;

  test('not there yet: empty; written, replaced, removed: followed', () => {
    expect(look()).toBe('');
    write('42');
    expect(look()).toBe('42');
    writeFileSync(`${file}.new`, JSON.stringify({ ...emptyState(), vlans: '43' }));
    renameSync(`${file}.new`, file);
    expect(look()).toBe('43');
    rmSync(file);
    expect([look(), look(), look()]).toEqual(['43', '', '']);
    write('44');
    expect(look()).toBe('44');
    expect(warnings).toEqual([]);
  });

  const odd: [what: string, make: () => void, warning: RegExp][] = [
    ['cut short', () => writeFileSync(file, '{"schema":1,"vlans":"4'), /is corrupt \(/],
    ['empty', () => writeFileSync(file, ''), /is corrupt \(it is empty\)/],
    ['no state', () => writeFileSync(file, '{"schema":1,"vlans":7}'), /Cannot use state file .*: vlans is 7/],
    ['of a later version', () => writeFileSync(file, '{"schema":99}'), /state schema 99/],
  ];
  test.each(odd)('%s for a moment: not noticed', (_, make) => {
    write('42');
    expect(look()).toBe('42');
    make();
    expect(look()).toBe('42');
    write('43');
    expect(look()).toBe('43');
    make();
    expect(look()).toBe('43');
    expect(warnings).toEqual([]);
  });

  test.each(odd)('%s for longer: a warning, once, and what it held counts', (_, make, warning) => {
    write('42');
    look();
    make();
    expect([look(), look(), look(), look()]).toEqual(['42', '42', '42', '42']);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
    write('43');
    expect(look()).toBe('43');
    make();
    expect([look(), look()]).toEqual(['43', '43']);
    expect(warnings.length).toBe(2);
  });

  test('not to be used from the start: not known, until it is', () => {
    writeFileSync(file, '{');
    expect([look(), look()]).toEqual([undefined, undefined]);
    expect(warnings.length).toBe(1);
    write('42');
    expect(look()).toBe('42');
  });

  test('as mktemp makes it: empty', () => {
    writeFileSync(file, '');
    expect(look()).toBe('');
    expect(warnings).toEqual([]);
  });
});

describe('workers, looked at again and again', () => {
  let folder: string;
  let workers: Worker[];
  let answer: () => unknown;
  let errors: string[];
  let source: WorkerSource;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evlnet-monitor-'));
    errors = [];
    const system = { workers: async () => workers, ask: async () => answer() } as unknown as System;
    const state = { file: join(folder, 'state.json'), explicit: true };
    source = new WorkerSource({ system, state }, true, ({ message }) => errors.push(message));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const silent = (pid = 4711): Worker => ({ device: 'eth0', pid, folder, isAlive: true });
  const known = [{ ifname: 'eth0.42', address: 1, state: 2, ageS: 0 }];
  const fail = (code: string) => () => {
    throw new EvlnetError(code, code);
  };

  test('one that starts is none until it can be asked', async () => {
    workers = [silent()];
    expect(await source.look()).toEqual([]);
    workers = [runningWorker(folder)];
    answer = () => ({ neighbours: known });
    expect(await source.look()).toEqual([{ worker: runningWorker(folder), neighbours: known }]);
  });

  test('one that is silent for a while is as it was; its successor is not', async () => {
    workers = [runningWorker(folder)];
    answer = () => ({ neighbours: known });
    await source.look();
    workers = [silent()];
    answer = fail('EVL_WORKER_SILENT');
    for (let i = 0; i < 2; i++)
      expect(await source.look()).toEqual([{ worker: runningWorker(folder), neighbours: known }]);
    workers = [silent(4712)];
    expect(await source.look()).toEqual([]);
  });

  test('one that does not answer this user is told of, without more; why is handed on', async () => {
    writeFileSync(join(folder, 'control.sock'), '');
    workers = [silent()];
    answer = fail('EVL_PERMISSION');
    expect(await source.look()).toEqual([{ worker: silent() }]);
    expect(errors).toEqual(['EVL_PERMISSION']);
  });

  test('one that died is handed on; one that ends between two questions is no error', async () => {
    workers = [{ ...silent(), isAlive: false }];
    expect(await source.look()).toEqual([{ worker: workers[0] }]);
    workers = [runningWorker(folder)];
    answer = fail('EVL_WORKER_GONE');
    expect(await source.look()).toEqual([{ worker: runningWorker(folder) }]);
    expect(errors).toEqual([]);
  });
});
