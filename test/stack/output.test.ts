import { describe, expect, test } from '@jest/globals';
import { Path, Refusal } from '../../src/stack/path.js';
import { Port } from '../../src/stack/port.js';
import { formatIpv4, parseIpv4 } from '../../src/wire/address.js';
import { portConfig } from './host.js';
import { Neighbourhood } from './neighbourhood.js';

const routes = [
  { network: '0.0.0.0', prefix: 0, gateway: '10.10.10.1', metric: 100 },
  { network: '192.168.0.0', prefix: 16, gateway: '10.10.10.2', metric: 20 },
  { network: '192.168.0.0', prefix: 16, gateway: '10.10.10.3', metric: 10 },
  { network: '192.168.7.0', prefix: 24, gateway: '10.10.10.4' },
];

function twoPorts(): Neighbourhood {
  const n = new Neighbourhood();
  const other = new Port(portConfig({ vid: 44, addresses: ['10.20.0.1/24'] }));
  const connected = (port: Port, text: string) => ({
    network: parseIpv4(text),
    prefix: 24,
    gateway: 0,
    source: port.addresses[0]!,
    metric: 0,
    port,
  });
  n.stack.setPort(44, other);
  n.stack.routes.set([connected(n.port, '10.10.10.0'), connected(other, '10.20.0.0')]);
  return n;
}

describe('find()', () => {
  const n = new Neighbourhood({ addresses: ['10.10.10.11/24', '172.16.0.1/30'] }, routes);
  test.each<[what: string, to: string, nextHop: string, source: string]>([
    ['a neighbour', '10.10.10.10', '10.10.10.10', '10.10.10.11'],
    ['a neighbour on the other subnet', '172.16.0.2', '172.16.0.2', '172.16.0.1'],
    ['the longest prefix', '192.168.7.9', '10.10.10.4', '10.10.10.11'],
    ['the lowest metric', '192.168.8.9', '10.10.10.3', '10.10.10.11'],
    ['the default route', '203.0.113.7', '10.10.10.1', '10.10.10.11'],
    ["a subnet's broadcast address", '10.10.10.255', '10.10.10.255', '10.10.10.11'],
    ['a multicast address', '239.1.2.3', '239.1.2.3', '10.10.10.11'],
  ])('%s', (_what, to, nextHop, source) => {
    const path = new Path();
    expect(n.stack.output.find(path, parseIpv4(to))).toBe(Refusal.None);
    expect([formatIpv4(path.nextHop), formatIpv4(path.source)]).toEqual([nextHop, source]);
    expect([path.headerLength, path.mtu, path.generation]).toEqual([18, 1500, n.stack.routes.generation]);
  });

  test.each<[what: string, to: string, refusal: number, have?: Neighbourhood]>([
    ['no route', '203.0.113.7', Refusal.NoRoute, new Neighbourhood()],
    ['a group without a route, where there are two ports', '239.1.2.3', Refusal.NoRoute, twoPorts()],
    ['a port without an address', '10.10.10.10', Refusal.NoRoute, new Neighbourhood({ addresses: [] })],
    ['our own address', '10.10.10.11', Refusal.NotOnLink],
    ['a loopback address', '127.0.0.1', Refusal.NotOnLink],
    ['no address', '0.0.0.0', Refusal.NotOnLink],
  ])('refuses %s', (_what, to, refusal, have = n) => {
    expect(have.stack.output.find(new Path(), parseIpv4(to))).toBe(refusal);
  });

  test('a group without a route leaves by the only port', () => {
    const path = new Path();
    expect(new Neighbourhood().stack.output.find(path, parseIpv4('239.1.2.3'))).toBe(Refusal.None);
    expect([path.port.slot, formatIpv4(path.source)]).toEqual([43, '10.10.10.11']);
  });

  test('a group through a port that is named needs no route, but an address', () => {
    const path = new Path();
    const lone = new Neighbourhood();
    expect(lone.stack.output.find(path, 0xffff_ffff, lone.port)).toBe(Refusal.None);
    expect(formatIpv4(path.source)).toBe('10.10.10.11');
    const bare = new Neighbourhood({ addresses: [] });
    expect(bare.stack.output.find(path, 0xffff_ffff, bare.port)).toBe(Refusal.NoSource);
  });

  test('what is found once is known to be old when the routes change', () => {
    const path = new Path();
    const own = new Neighbourhood();
    own.stack.output.find(path, parseIpv4('10.10.10.10'));
    own.stack.routes.set([]);
    expect(path.generation).not.toBe(own.stack.routes.generation);
  });
});

describe('send()', () => {
  test('asks for the gateway, not for the destination', () => {
    const n = new Neighbourhood({}, routes);
    n.send('192.168.7.9', 1);
    expect(n.sent()).toEqual(['who-has 10.10.10.4 to all from 10.10.10.11']);
    n.answer({ senderAddress: '10.10.10.4', sender: '02:fc:00:00:00:04' });
    expect(n.sent()).toEqual(['packet 1 to 02:fc:00:00:00:04, vid 43 pcp 5']);
  });

  test.each([
    ['10.10.10.255', 'all'],
    ['224.0.0.1', '01:00:5e:00:00:01'],
    ['239.255.2.3', '01:00:5e:7f:02:03'],
  ])('to %s needs no neighbour', (to, mac) => {
    const n = new Neighbourhood({}, routes);
    n.send(to, 1, 2);
    expect(n.sent()).toEqual([1, 2].map((i) => `packet ${i} to ${mac}, vid 43 pcp 5`));
    expect([n.entries(), n.device.lent]).toEqual([[], 0]);
  });

  test('counts what leaves', () => {
    const n = new Neighbourhood({}, routes);
    n.send('10.10.10.255', 1, 2);
    expect(n.counters.slots.slice(43 * 128 + 102, 43 * 128 + 104)).toEqual(new Float64Array([2, 76]));
  });
});
