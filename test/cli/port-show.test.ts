import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHost, inet, link, runningWorker, vlan } from './fake.js';
import { expectGolden } from './golden.js';

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.close());

const withVlanDevice = (more = {}) => {
  host.links.push(vlan(5, 'eth0.42', 2, 42, more));
  host.addresses.push(inet(5, 10, 10, 10, 11));
};

describe('port show', () => {
  const forms: [form: string, file: string][] = [
    ['port', 'port-show.txt'],
    ['-br port', 'port-show-brief.txt'],
    ['-o port', 'port-show-oneline.txt'],
    ['-j -p port', 'port-show.json'],
    ['-d port', 'port-show-details.txt'],
    ['-c port', 'port-show-color.txt'],
    ['-a -br port', 'port-show-all.txt'],
  ];
  test.each(forms)('%s', async (line, file) => {
    withVlanDevice();
    host.links[1]!.xdp = { mode: 'native', progId: 12 };
    await host.run('vlans set 42-43,100');
    await host.run('port enable eth0.42');
    await host.run('port enable eth0.43 address 10.10.43.11/24');
    await host.run('port enable eth0.100 address 10.1.0.1/16 ethertype any mode auto');
    host.workers = [
      runningWorker('/run/x', {
        why: 'the driver has no zero-copy',
        changed: ['rxvlan off', 'promisc'],
        ports: [
          { ifname: 'eth0.42', vid: 42, running: true },
          { ifname: 'eth0.43', vid: 43, running: true },
        ],
      }),
    ];
    expectGolden(file, await host.ok(line));
  });

  const states: [state: string, prepare: () => void][] = [
    ['ENABLED', () => {}],
    ['RUNNING', () => (host.workers = [runningWorker('/run/x')])],
    ['DOWN', () => (host.workers = [runningWorker('/run/x', { link: 'down' })])],
    ['STALE', () => (host.workers = [{ device: 'eth0', pid: 4711, folder: '/run/x', isAlive: false }])],
    [
      'ENABLED',
      () =>
        (host.workers = [
          runningWorker('/run/x', { ports: [{ ifname: 'eth0.42', vid: 42, running: false }] }),
        ]),
    ],
    [
      'DOWN',
      () => {
        host.workers = [runningWorker('/run/x')];
        host.links[1] = link(2, 'eth0', { lowerUp: false, flags: ['NO-CARRIER', 'UP'] });
      },
    ],
  ];
  test.each(states)('%s', async (state, prepare) => {
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    prepare();
    expect(JSON.parse((await host.run('-j port')).out)).toMatchObject([{ operstate: state }]);
    const isUp = state === 'RUNNING';
    expect(JSON.parse((await host.run('-j port show up')).out)).toHaveLength(isUp ? 1 : 0);
    expect(JSON.parse((await host.run('-j port show down')).out)).toHaveLength(isUp ? 0 : 1);
  });

  test('how the thread of the worker runs, where it was told', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    host.workers = [runningWorker('/run/x', { spin: 'always', cpu: '1-2' })];
    expect(await host.ok('port')).toMatch(/ queues 1 spin always cpu 1-2\n/);
    host.workers = [runningWorker('/run/x', { spin: 0, priority: 50 })];
    expect(JSON.parse(await host.ok('-j port'))).toMatchObject([{ spin: 0, priority: 50 }]);
    expect((await host.run('check eth0')).out).toMatch(
      /worker 4711 runs, xdp native copy, spins 0 turns, SCHED_FIFO 50\n/,
    );
  });

  test('page faults of the thread of the worker, with -d and by check', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    host.workers = [runningWorker('/run/x', { pageFaults: { minor: 12, major: 0 } })];
    expect(await host.ok('-d port')).toMatch(/^ {4}page faults out-of-band 12 minor 0 major$/m);
    expect(JSON.parse(await host.ok('-d -j port'))).toMatchObject([{ page_faults: { minor: 12, major: 0 } }]);
    expect(await host.ok('port')).not.toContain('page faults');
    expect((await host.run('check eth0')).out).toMatch(
      /runs, xdp native copy, 12 minor and 0 major page faults out-of-band\n/,
    );
  });

  test('a device that is no port is DISABLED', async () => {
    expectGolden('port-show-disabled.txt', await host.ok('port show eth1'));
  });

  test('nothing is []', async () => {
    expect(await host.ok('-j port')).toBe('[]\n');
    expect(await host.ok('port')).toBe('');
  });

  test('names what holds the hook where no worker of ours does', async () => {
    await host.run('port enable eth0');
    host.links[1]!.xdp = { mode: 'native', progId: 12 };
    expect(await host.ok('port show eth0')).toContain(
      '    xdp native held by prog 12 "xdp_main" (xdp-loader pid 333)\n',
    );
    expect(JSON.parse(await host.ok('-j port'))[0].xdp).toEqual({
      mode: 'native',
      prog: { id: 12, name: 'xdp_main' },
      pids: [{ pid: 333, comm: 'xdp-loader' }],
    });
  });

  test('names VIDs of the set that no port has', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    await host.run('vlans set 42-45');
    expect((await host.run('port')).err).toBe(
      'Warning: No port has VLAN 43-45: its IPv4 is taken out-of-band and dropped as no-port\nHint: evlnet port enable eth0.43, or evlnet vlans del 43-45\n',
    );
  });

  test('says that a worker does not answer', async () => {
    await host.run('port enable eth0');
    host.workers = [{ device: 'eth0', pid: 4711, folder: '/run/x', isAlive: true }];
    expect(await host.run('-br port')).toMatchObject({
      code: 0,
      out: 'eth0             RUNNING        02:fc:00:00:00:02 192.0.2.11/24\n',
      err: expect.stringContaining('Warning: The worker of "eth0" (pid 4711) does not answer\n'),
    });
  });

  const unknown: [line: string, err: string][] = [
    ['port show nope', 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    ['port show eth0.42', 'Cannot find an enabled port "eth0.42"\nHint: evlnet port enable eth0.42\n'],
  ];
  test.each(unknown)('%s', async (line, err) => {
    expect(await host.run(line)).toEqual({ code: 2, out: '', err });
  });
});
