import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeHost, inet, vlan } from './fake.js';

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
    [
      'eth0.0000000000042',
      1,
      'Error: argument "eth0.0000000000042" is wrong: "dev" not a valid ifname\nHint: at most 15 characters: evlnet port enable v42 link eth0 vid 42\n',
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
    [
      'eth0.42 address 10.10.10.255/24',
      1,
      'Error: argument "10.10.10.255/24" is wrong: that is the network\'s broadcast address\nHint: write it as 10.10.10.11/24\n',
    ],
    [
      'eth0.42 address 10.10.8.0/22',
      1,
      'Error: argument "10.10.8.0/22" is wrong: that is the address of the network itself\nHint: write it as 10.10.10.11/24\n',
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
