import { describe, expect, test } from '@jest/globals';
import { parseIpv4 } from '../../src/wire/address.js';
import type { PortSetup } from '../../src/worker/shared.js';
import { type Bound, bindingOf, connectionOf, type Wish } from '../../src/worker/socket-bind.js';

const A = parseIpv4('10.10.10.11');
const B = parseIpv4('10.20.0.1');
const port = (ifname: string, vid: number, address: number, udpEcho: number[] = []): PortSetup => ({
  modules: [],
  isFiltered: false,
  ifname,
  ifindex: 0,
  icmpErrors: false,
  vid,
  macHi: 0x02fc,
  macLo: vid,
  mtu: 1500,
  addresses: [{ address, prefix: 24 }],
  routes: [{ network: (address & 0xffff_ff00) >>> 0, prefix: 24, gateway: 0, source: address, metric: 0 }],
  neighbours: [],
  ownsArp: true,
  trace: 0,
  responds: true,
  udpEcho,
});
const PORTS = [port('eth0.42', 42, A, [7]), port('eth0.43', 43, B)];
const wish = (w: Partial<Wish> = {}): Wish => ({
  address: 0,
  udpPort: 0,
  ifname: undefined,
  reusesAddress: false,
  ...w,
});
const bound = (w: Partial<Wish>): Bound => ({
  binding: bindingOf(wish(w), PORTS, []),
  reusesAddress: w.reusesAddress ?? false,
});

describe('bindingOf(), as bind(2)', () => {
  test.each<[string, Partial<Wish>, Partial<Wish>, boolean]>([
    ['the same port twice', { udpPort: 5000 }, { udpPort: 5000 }, false],
    ['other ports', { udpPort: 5000 }, { udpPort: 5001 }, true],
    ['one address beside any', { udpPort: 5000 }, { udpPort: 5000, address: A }, false],
    ['two addresses', { udpPort: 5000, address: A }, { udpPort: 5000, address: B }, true],
    [
      'two ports of the device',
      { udpPort: 5000, ifname: 'eth0.42' },
      { udpPort: 5000, ifname: 'eth0.43' },
      true,
    ],
    ['a port beside all', { udpPort: 5000, ifname: 'eth0.42' }, { udpPort: 5000 }, false],
    ['reuse by both', { udpPort: 5000, reusesAddress: true }, { udpPort: 5000, reusesAddress: true }, true],
    ['reuse by one', { udpPort: 5000 }, { udpPort: 5000, reusesAddress: true }, false],
  ])('%s', (_name, first, second, isFree) => {
    const act = () => bindingOf(wish(second), PORTS, [bound(first)]);
    if (isFree) expect(act().udpPort).toBe(second.udpPort);
    else expect(act).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
  });

  test('an ephemeral port is free and of the range of Linux', () => {
    const others: Bound[] = [];
    for (let i = 0; i < 200; i++) {
      const binding = bindingOf(wish(), PORTS, others);
      expect(binding.udpPort).toBeGreaterThanOrEqual(32_768);
      expect(binding.udpPort).toBeLessThanOrEqual(60_999);
      others.push({ binding, reusesAddress: false });
    }
    expect(new Set(others.map((o) => o.binding.udpPort)).size).toBe(200);
  });

  test('a service has its port to itself', () => {
    expect(() => bindingOf(wish({ udpPort: 7 }), PORTS, [])).toThrow(/EADDRINUSE/);
    expect(bindingOf(wish({ udpPort: 7, ifname: 'eth0.43' }), PORTS, []).slot).toBe(43);
  });

  test.each([
    ['10.10.10.11', true],
    ['10.10.10.255', true],
    ['255.255.255.255', true],
    ['10.10.10.12', false],
    ['239.1.2.3', true],
    ['127.0.0.1', false],
  ])('%s', (text, isOurs) => {
    const act = () => bindingOf(wish({ address: parseIpv4(text), udpPort: 1 }), PORTS, []);
    if (isOurs) expect(act().address).toBe(parseIpv4(text));
    else expect(act).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
  });

  test('a port that is not there', () => {
    expect(() => bindingOf(wish({ ifname: 'eth0.9' }), PORTS, [])).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    );
  });
});

describe('connectionOf(), as connect(2)', () => {
  test('gives a socket for any address the source of the route', () => {
    const { binding } = bound({ udpPort: 5000 });
    expect(connectionOf(binding, parseIpv4('10.20.0.9'), 9, PORTS)).toMatchObject({
      address: B,
      peerPort: 9,
    });
  });

  test('to a group takes the port that the socket names for groups, or the only one', () => {
    const { binding } = bound({ udpPort: 5000 });
    const group = parseIpv4('239.1.2.3');
    expect(connectionOf(binding, group, 9, PORTS, 43).address).toBe(B);
    expect(connectionOf(binding, group, 9, PORTS.slice(0, 1)).address).toBe(A);
    expect(() => connectionOf(binding, group, 9, PORTS)).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH' }),
    );
  });

  test('refuses where there is no route', () => {
    const { binding } = bound({ udpPort: 5000, ifname: 'eth0.42' });
    expect(() => connectionOf(binding, parseIpv4('10.20.0.9'), 9, PORTS)).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH' }),
    );
  });
});
