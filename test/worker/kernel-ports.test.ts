import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Errno } from '../../src/linux/libc.js';
import { reserveUdpPort } from '../../src/linux/reserved-port.js';
import { formatIpv4, parseIpv4 } from '../../src/wire/address.js';
import { KernelPorts, placesOf, servedOn } from '../../src/worker/kernel-ports.js';
import type { PortSetup } from '../../src/worker/shared.js';

const LO = 1;
const [ONE, TWO] = ['127.0.0.1', '127.0.0.2'].map(parseIpv4) as [number, number];
const port = (vid: number, ifindex: number | undefined, ...addresses: string[]) =>
  ({
    ifname: `eth0.${vid}`,
    vid,
    ifindex,
    addresses: addresses.map((a) => ({ address: parseIpv4(a), prefix: 24 })),
  }) as unknown as PortSetup;
const PORTS = [
  port(0, 2, '192.0.2.11'),
  port(42, 5, '10.10.10.11', '10.20.0.1'),
  port(43, undefined, '10.30.0.1'),
];

describe('placesOf()', () => {
  test.each<[name: string, address: string, slot: number, wanted: string[]]>([
    [
      'any address: each of the kernel’s devices',
      '0.0.0.0',
      -1,
      ['2 192.0.2.11', '5 10.10.10.11', '5 10.20.0.1'],
    ],
    ['any address of a port', '0.0.0.0', 42, ['5 10.10.10.11', '5 10.20.0.1']],
    ['any address of an evlnet VLAN port', '0.0.0.0', 43, []],
    ['one address', '10.20.0.1', -1, ['5 10.20.0.1']],
    ['one that only evlnet has', '10.30.0.1', -1, []],
    ['the broadcast address of a network', '10.20.0.255', -1, ['5 10.20.0.255']],
    ['that of all', '255.255.255.255', -1, ['2 255.255.255.255', '5 255.255.255.255']],
    ['a group, on one port', '239.1.2.3', 42, ['5 239.1.2.3']],
  ])('%s', (_name, address, slot, wanted) => {
    const binding = { address: parseIpv4(address), udpPort: 5000, slot, peerAddress: 0, peerPort: 0 };
    const places = placesOf({ binding }, PORTS).map((p) => `${p.ifindex} ${formatIpv4(p.address)}`);
    expect(places).toEqual(wanted);
  });
});

test('servedOn(): udp-echo and modules have every address of their ports; a module of all datagrams has none', () => {
  const ports = [
    { ...PORTS[1]!, udpEcho: [7, 9] },
    { ...PORTS[2]!, udpEcho: [], modules: [0, 1] },
  ].map((p) => ({ ...p, modules: p.modules ?? [] }));
  const served = servedOn(ports, (module) => [0, 5000][module]!);
  expect(served.map(({ binding: { address, slot, udpPort } }) => [address, slot, udpPort])).toEqual([
    [0, 42, 7],
    [0, 42, 9],
    [0, 43, 5000],
  ]);
});

test('placesOf(): nothing where a filter decides', () => {
  const binding = { address: 0, udpPort: 5000, slot: -1, peerAddress: 0, peerPort: 0 };
  const ports = PORTS.map((p) => ({ ...p, isFiltered: p.vid === 0 }));
  expect(placesOf({ binding }, ports).map((p) => p.ifindex)).toEqual([5, 5]);
});

describe('with the kernel', () => {
  const sockets: Socket[] = [];
  const bind = async (address: string, udpPort: number, reuseAddr = false): Promise<number | string> => {
    const socket = createSocket({ type: 'udp4', reuseAddr });
    sockets.push(socket);
    const failed = once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code!);
    socket.bind(udpPort, address);
    return Promise.race([failed, once(socket, 'listening').then(() => socket.address().port)]);
  };
  const release = () => {
    for (const socket of sockets.splice(0)) socket.close();
  };
  /** One that nobody has at the moment. */
  const freePort = async () => {
    const udpPort = (await bind('127.0.0.1', 0)) as number;
    release();
    return udpPort;
  };
  const bound = (udpPort: number, address = ONE, reusesAddress = false) => ({
    binding: { address, udpPort, slot: -1, peerAddress: 0, peerPort: 0 },
    reusesAddress,
  });
  const ports = [port(0, LO, '127.0.0.1', '127.0.0.2')];
  afterEach(release);

  test('a port that is held is in use to others, until it is let go', async () => {
    const udpPort = await freePort();
    const held = reserveUdpPort({ ifindex: LO, address: ONE, isHost: true, udpPort }, false) as {
      close(): void;
    };
    expect(await bind('127.0.0.1', udpPort)).toBe('EADDRINUSE');
    expect(await bind('0.0.0.0', udpPort)).toBe('EADDRINUSE');
    expect(await bind('127.0.0.2', udpPort)).toBe(udpPort);
    held.close();
    expect(await bind('127.0.0.1', udpPort)).toBe(udpPort);
    expect(reserveUdpPort({ ifindex: LO, address: ONE, isHost: true, udpPort }, false)).toBe(
      Errno.EADDRINUSE,
    );
  });

  test('who shares gets what comes: nothing is taken from it, and nothing is queued', async () => {
    const udpPort = await freePort();
    const held = reserveUdpPort({ ifindex: LO, address: ONE, isHost: true, udpPort }, true) as {
      close(): void;
    };
    expect(await bind('127.0.0.1', udpPort, true)).toBe(udpPort);
    const [socket] = sockets;
    const came = once(socket!, 'message');
    await bind('127.0.0.1', 0);
    sockets[1]!.send('evlnet', udpPort, '127.0.0.1');
    expect(String((await came)[0])).toBe('evlnet');
    held.close();
  });

  test('a socket of any address holds every one, and loses what it does not need', async () => {
    const udpPort = await freePort();
    const held = new KernelPorts();
    held.reserve(bound(udpPort, 0), ports);
    expect(await bind('127.0.0.2', udpPort)).toBe('EADDRINUSE');
    held.follow([bound(udpPort, ONE)], ports, () => {});
    expect(await bind('127.0.0.2', udpPort)).toBe(udpPort);
    expect(() => held.reserve(bound(udpPort, TWO), ports)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', hint: `who has it: ss -ulpn 'sport = ${udpPort}'` }),
    );
    held.close();
    expect(await bind('127.0.0.1', udpPort)).toBe(udpPort);
  });

  test('an address that comes later is held, or warned of once', async () => {
    const udpPort = await freePort();
    await bind('127.0.0.2', udpPort);
    const held = new KernelPorts();
    const warnings: string[] = [];
    const follow = () => held.follow([bound(udpPort, 0)], ports, (message) => warnings.push(message));
    follow();
    follow();
    expect(warnings).toEqual([expect.stringContaining(`127.0.0.2:${udpPort}`)]);
    expect(await bind('127.0.0.1', udpPort)).toBe('EADDRINUSE');
    held.close();
  });
});
