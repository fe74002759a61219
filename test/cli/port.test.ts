import { existsSync } from 'node:fs';
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

describe('port enable', () => {
  test('records a base device', async () => {
    await host.ok('port enable eth0');
    expect(host.state()).toMatchObject({ rev: 1, ports: { eth0: {} }, devices: {} });
  });

  test('takes base, VID and address of a device that the kernel has from there', async () => {
    withVlanDevice();
    await host.run('vlans set 42');
    await host.ok('port enable eth0.42');
    expect(host.state().ports).toEqual({ 'eth0.42': { link: 'eth0', vid: 42 } });
  });

  test('takes them from the name where the kernel has no such device', async () => {
    await host.run('vlans set 42');
    await host.ok('port enable eth0.42 address 10.10.10.11/24 ethertype any');
    expect(host.state().ports).toEqual({
      'eth0.42': { link: 'eth0', vid: 42, address: '10.10.10.11/24', ethertype: 'any' },
    });
  });

  test('takes them from link and vid', async () => {
    await host.run('vlans set 7');
    await host.ok('port enable cell link eth0 id 7 addr 10.10.10.11/24');
    expect(host.state().ports).toEqual({ cell: { link: 'eth0', vid: 7, address: '10.10.10.11/24' } });
  });

  test('finds the lowest device under a VLAN on a VLAN', async () => {
    host.links.push(vlan(5, 'eth0.100', 2, 100), vlan(6, 'inner', 5, 42));
    await host.run('port enable inner');
    expect(host.state().ports).toEqual({ inner: { link: 'eth0', vid: 42 } });
  });

  test('is idempotent and changes only what is given', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24 pool 512 ethertype any');
    const before = host.state();
    await host.run('port enable eth0.42');
    expect(host.state()).toEqual(before);
    await host.run('port enable eth0.42 address 10.10.10.12/24 bufsz 2048 pool 0');
    expect(host.state()).toMatchObject({
      ports: { 'eth0.42': { address: '10.10.10.12/24', ethertype: 'any' } },
      devices: { eth0: { bufsz: 2048 } },
    });
    expect(host.state().devices).toEqual({ eth0: { bufsz: 2048 } });
  });

  const warnings: [name: string, prepare: () => void, line: string, err: string][] = [
    [
      'VLAN in-band, no address',
      () => {},
      'port enable eth0.42',
      'Warning: Port "eth0.42" has no address\nHint: evlnet port set eth0.42 address 10.10.10.11/24\nWarning: VLAN 42 is in-band\nHint: evlnet vlans add 42\n',
    ],
    [
      'kernel device down and without address',
      () => host.links.push(vlan(5, 'eth0.42', 2, 42, { up: false, lowerUp: false })),
      'port enable eth0.42',
      'Warning: "eth0.42" is down\nHint: ip link set eth0.42 up\nWarning: "eth0.42" has no IPv4 address\nHint: ip addr add 10.10.10.11/24 dev eth0.42\nWarning: VLAN 42 is in-band\nHint: evlnet vlans add 42\n',
    ],
    [
      'an address where the kernel has one',
      () => {},
      'port enable eth0 address 10.0.0.1/8',
      'Warning: The kernel has "eth0": its own addresses count, not 10.0.0.1/8\n',
    ],
  ];
  test.each(warnings)('warns: %s', async (_, prepare, line, err) => {
    prepare();
    expect(await host.run(line)).toEqual({ code: 0, out: '', err });
  });

  const refused: [line: string, code: number, err: string][] = [
    ['nope', 2, 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    ['eht0', 2, 'Cannot find device "eht0"\nHint: did you mean "eth0"?\n'],
    ['nope.42', 2, 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    ['cell link nope vid 7', 2, 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    [
      'cell link eth0',
      1,
      'Error: argument "vid" is required\nHint: evlnet port enable cell link eth0 vid 42\n',
    ],
    ['eth0.x', 1, 'Error: argument "vid" is required\nHint: evlnet port enable eth0.x link eth0 vid 42\n'],
    [
      'eth0.0',
      1,
      'Error: argument "0" is wrong: VLAN 0 is reserved: it marks a frame without a VLAN\nHint: use a VID from 2 to 4094\n',
    ],
    [
      'eth0.1',
      1,
      'Error: argument "1" is wrong: VLAN 1 is reserved: it is a switch\'s own VLAN\nHint: use a VID from 2 to 4094\n',
    ],
    [
      'eth0.4095',
      1,
      'Error: argument "4095" is wrong: VLAN 4095 is reserved by 802.1Q\nHint: use a VID from 2 to 4094\n',
    ],
    [
      'eth0.5000',
      1,
      'Error: argument "5000" is wrong: VLAN 5000 does not exist\nHint: use a VID from 2 to 4094\n',
    ],
    [
      'cell link eth0 vid 4096',
      1,
      'Error: argument "4096" is wrong: VLAN 4096 does not exist\nHint: use a VID from 2 to 4094\n',
    ],
    [
      'cell link eth0 vid x',
      1,
      'Error: argument "x" is wrong: "vid" is a number\nHint: a number from 0 to 4294967295\n',
    ],
    [
      'a/b link eth0 vid 7',
      1,
      'Error: argument "a/b" is wrong: "dev" not a valid ifname\nHint: at most 15 characters, no space, no "/"\n',
    ],
    [
      'a-name-too-long0 link eth0 vid 7',
      1,
      'Error: argument "a-name-too-long0" is wrong: "dev" not a valid ifname\nHint: at most 15 characters, no space, no "/"\n',
    ],
    ['eth1', 2, 'Cannot enable port on "eth1": Network is down (ENETDOWN)\nHint: ip link set eth1 up\n'],
    [
      'eth1.42',
      2,
      'Cannot enable port on "eth1.42": Network is down (ENETDOWN)\nHint: ip link set eth1 up\n',
    ],
    [
      'lo',
      3,
      'Cannot use "lo" as a port: it is not an Ethernet device\nHint: name a device that "ip link" shows with link/ether\n',
    ],
    [
      'eth0 pool 32769',
      1,
      'Error: argument "32769" is wrong: "pool" is at most 32768 (EINVAL)\nHint: a number from 0 to 32768\n',
    ],
    [
      'eth0 bufsz 16385',
      1,
      'Error: argument "16385" is wrong: "bufsz" is at most 16384 (EINVAL)\nHint: a number from 0 to 16384\n',
    ],
    [
      'eth0 pool -1',
      1,
      'Error: argument "-1" is wrong: "pool" is a number\nHint: a number from 0 to 32768\n',
    ],
    [
      'eth0 driver xpd',
      1,
      'Error: argument of "driver" must be "auto", "xdp" or "pcap", not "xpd"\nHint: did you mean "xdp"?\n',
    ],
    [
      'eth0 mode fast',
      1,
      'Error: argument of "mode" must be "auto", "native" or "generic", not "fast"\nHint: mode { auto | native | generic }\n',
    ],
    [
      'eth0 adress 10.0.0.1/8',
      1,
      'Error: either "dev" is duplicate, or "adress" is a garbage\nHint: did you mean "address"?\n',
    ],
    [
      'eth0.42 address 10.10.10.11',
      1,
      'Error: argument "10.10.10.11" is wrong: not an IPv4 address with a prefix length\nHint: write it as 10.10.10.11/24\n',
    ],
    [
      'eth0.42 address 10.10.10.256/24',
      1,
      'Error: argument "10.10.10.256/24" is wrong: not an IPv4 address with a prefix length\nHint: write it as 10.10.10.11/24\n',
    ],
    [
      'eth0.42 address 224.0.0.1/4',
      1,
      'Error: argument "224.0.0.1/4" is wrong: no host can have that address\nHint: write it as 10.10.10.11/24\n',
    ],
    ['eth0 vid 42', 1, 'Error: argument "42" is wrong: "eth0" is a base device\nHint: leave vid out\n'],
    [
      'eth0.7 link eth1',
      1,
      'Error: argument "eth1" is wrong: "eth0.7" is VLAN 7 of "eth0"\nHint: leave link out\n',
    ],
    [
      'eth0.7.8',
      1,
      'Cannot use "eth0.7.8" as a port: "eth0.7" is itself a VLAN device\nHint: name its base device with link, and the inner VID with vid\n',
    ],
    [
      'far.42',
      2,
      'Cannot use "far.42" as a port: its base device is in another network namespace\nHint: enable it there: evlnet -n NAME port enable far.42\n',
    ],
  ];
  test.each(refused)('refuses %s and records nothing', async (words, code, err) => {
    host.links.push(vlan(5, 'eth0.7', 2, 7), vlan(6, 'far.42', 2, 42, { linkNetnsid: 0 }));
    expect(await host.run(`port enable ${words}`)).toEqual({ code, out: '', err });
    expect(existsSync(host.stateFile)).toBe(false);
  });

  test('one VLAN of a device is one port', async () => {
    await host.run('port enable eth0.42 address 10.10.10.11/24');
    const before = host.state();
    expect(await host.run('port enable cell link eth0 vid 42')).toEqual({
      code: 2,
      out: '',
      err: 'Cannot enable port "cell": VLAN 42 of "eth0" is port "eth0.42"\nHint: evlnet port disable eth0.42\n',
    });
    expect(await host.run('port enable eth0.42 vid 43')).toMatchObject({
      code: 2,
      err: 'Cannot enable port "eth0.42": it is enabled as VLAN 42 of "eth0"\nHint: evlnet port disable eth0.42\n',
    });
    expect(host.state()).toEqual(before);
  });

  test('options of the device are those of its first port', async () => {
    await host.run('port enable eth0.42 pool 512');
    expect(await host.run('port enable eth0.43 pool 1024')).toEqual({
      code: 2,
      out: '',
      err: 'Cannot set pool 1024 for "eth0.43": port "eth0.42" set pool 512 for "eth0"\nHint: evlnet port set eth0.42 pool 1024\n',
    });
    expect((await host.run('port enable eth0.43 pool 512')).code).toBe(0);
    expect((await host.run('port set eth0.43 mode generic')).code).toBe(2);
    expect((await host.run('port set eth0.42 mode generic')).code).toBe(0);
    expect(host.state().devices).toEqual({ eth0: { pool: 512, mode: 'generic' } });
  });

  describe('create', () => {
    test('makes the kernel’s device, with its address, and brings it up', async () => {
      await host.run('vlans set 42');
      host.answer = (line) => {
        if (line.includes('link add')) withVlanDevice();
        return { code: 0 };
      };
      expect(await host.ok('port enable eth0.42 address 10.10.10.11/24 create')).toBe('');
      expect(host.commands).toEqual([
        'ip link add link eth0 name eth0.42 type vlan id 42',
        'ip addr add 10.10.10.11/24 dev eth0.42',
        'ip link set eth0.42 up',
      ]);
    });

    test('says what to do where the kernel has no 802.1Q', async () => {
      host.answer = () => ({ code: 2, stderr: 'Error: Unknown device type.' });
      expect(await host.run('port enable eth0.42 create')).toEqual({
        code: 3,
        out: '',
        err: 'Cannot create "eth0.42": Unknown device type (this kernel has no 802.1Q)\nHint: leave create out: evlnet then serves the VLAN itself\n',
      });
      expect(existsSync(host.stateFile)).toBe(false);
    });

    test('leaves nothing behind when a later step fails', async () => {
      host.answer = (line) =>
        line.includes('addr add')
          ? { code: 2, stderr: 'RTNETLINK answers: Operation not permitted' }
          : { code: 0 };
      expect(await host.run('port enable eth0.42 address 10.10.10.11/24 create')).toMatchObject({
        code: 2,
        err: 'Cannot add 10.10.10.11/24 to "eth0.42": Operation not permitted\nHint: run as root\n',
      });
      expect(host.commands.at(-1)).toBe('ip link del eth0.42');
      expect(existsSync(host.stateFile)).toBe(false);
    });

    test('makes nothing for a port that is refused', async () => {
      await host.run('port enable cell link eth0 vid 42');
      expect((await host.run('port enable eth0.42 create')).code).toBe(2);
      expect(host.commands).toEqual([]);
    });
  });
});

describe('port disable', () => {
  test('forgets the port, and with the last one the options of its device', async () => {
    await host.run('port enable eth0.42 pool 512');
    await host.run('port enable eth0.43');
    await host.ok('port disable eth0.42');
    expect(host.state()).toMatchObject({ ports: { 'eth0.43': {} }, devices: { eth0: { pool: 512 } } });
    await host.ok('port disable dev eth0.43');
    expect(host.state()).toMatchObject({ ports: {}, devices: {} });
  });

  test('all', async () => {
    await host.run('port enable eth0.42');
    await host.run('port enable eth0');
    await host.ok('port disable all');
    expect(host.state().ports).toEqual({});
  });

  test('is idempotent, but a name that could be no port is an error', async () => {
    await host.ok('port disable eth0');
    await host.ok('port disable eth0.42');
    expect(await host.run('port disable nope')).toMatchObject({
      code: 2,
      err: 'Cannot find device "nope"\nHint: "ip link" lists the devices\n',
    });
    expect(await host.run('port disable')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Hint: evlnet port disable { [ dev ] IFNAME | all }\n'),
    });
  });

  test('forgets a port whose device has gone', async () => {
    await host.run('port enable eth0.42 pool 64');
    host.links = [];
    await host.ok('port disable eth0.42');
    expect(host.state()).toMatchObject({ ports: {}, devices: {} });
  });
});

describe('port set', () => {
  test('changes address and options', async () => {
    await host.run('vlans set 42');
    await host.run('port enable eth0.42');
    await host.ok('port set eth0.42 address 10.10.10.11/24 driver xdp');
    expect(host.state()).toMatchObject({
      ports: { 'eth0.42': { link: 'eth0', vid: 42, address: '10.10.10.11/24' } },
      devices: { eth0: { driver: 'xdp' } },
    });
  });

  const refused: [line: string, code: number, err: string][] = [
    [
      'port set eth0.42 pool 64',
      2,
      'Cannot find an enabled port "eth0.42"\nHint: evlnet port enable eth0.42\n',
    ],
    ['port set nope pool 64', 2, 'Cannot find device "nope"\nHint: "ip link" lists the devices\n'],
    [
      'port set eth0',
      1,
      'Command line is not complete. Try "help".\nHint: evlnet port set eth0 { pool N | bufsz BYTES | address A/PLEN | driver … | mode … }\n',
    ],
  ];
  test.each(refused)('%s', async (line, code, err) => {
    expect(await host.run(line)).toEqual({ code, out: '', err });
  });
});

describe('workers', () => {
  test('are told the new revision', async () => {
    await host.run('port enable eth0');
    await host.run('port set eth0 pool 64');
    await host.run('port disable eth0');
    expect(host.revisions).toEqual([1, 2, 3]);
  });

  test('one that does not follow is a warning and exit 2, and the change stays', async () => {
    const { EvlnetError } = await import('../../src/errors.js');
    host.reloaded = [
      { device: 'eth1', pid: 1 },
      {
        device: 'eth0',
        pid: 4711,
        error: new EvlnetError('EVL_WORKER_SILENT', 'no answer', { hint: 'end it' }),
      },
    ];
    expect(await host.run('port enable eth0')).toEqual({
      code: 2,
      out: '',
      err: 'Warning: The change is recorded, but the worker of "eth0" (pid 4711) does not follow: no answer\nHint: end it\n',
    });
    expect(host.state().ports).toEqual({ eth0: {} });
  });
});

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
