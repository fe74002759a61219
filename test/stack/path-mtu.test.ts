import { describe, expect, test } from '@jest/globals';
import { SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { Message } from '../../src/memory/message-ring.js';
import { NeighbourState } from '../../src/memory/neighbour-page.js';
import { MtuDiscovery, ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { PathMtus } from '../../src/stack/path-mtus.js';
import type { RouteConfig } from '../../src/stack/route.js';
import { UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { UdpOutput } from '../../src/stack/udp-output.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { addressOctets, buildFrame, naiveChecksum, RESPONDER } from '../build-frame.js';
import { Neighbourhood, SECOND, VID } from './neighbourhood.js';

const FAR = '203.0.113.7';
const EMSGSIZE = 90;

describe('PathMtus', () => {
  const said = (length: number, mtu: number, present = 1500) => {
    const mtus = new PathMtus({ generation: 0 });
    return mtus.learn(1, length, mtu, present, 0) ? mtus.find(1) : undefined;
  };

  test.each<[what: string, length: number, mtu: number, present: number, wanted: number | undefined]>([
    ['less than now', 1500, 1400, 1500, 1400],
    ['as much as now', 1500, 1500, 1500, undefined],
    ['more than was said before', 1400, 1300, 1200, undefined],
    ['room for the packet that it had none for', 1300, 1300, 1500, undefined],
    ['less than 552', 1500, 68, 1500, 552],
    ['nothing: the next plateau below', 1500, 0, 1500, 1492],
    ['nothing, again', 1492, 0, 1492, 1006],
    ['nothing, of a short packet', 700, 0, 1500, 552],
    ['nothing, of the longest', 65_535, 0, 65_535, 32_000],
  ])('a router says %s', (_what, length, mtu, present, wanted) => {
    expect(said(length, mtu, present)).toBe(wanted);
  });

  test('forgets after ten minutes, and tells of every change', () => {
    const routes = { generation: 0 };
    const mtus = new PathMtus(routes);
    mtus.learn(1, 1500, 1400, 1500, 0);
    mtus.learn(2, 1500, 1300, 1500, 60 * SECOND);
    expect([routes.generation, mtus.dueNs]).toEqual([2, 600 * SECOND]);
    mtus.run(mtus.dueNs);
    expect([mtus.find(1), mtus.find(2), routes.generation, mtus.dueNs]).toEqual([0, 1300, 3, 660 * SECOND]);
    mtus.keep(() => false);
    expect([mtus.find(2), mtus.dueNs]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test('keeps so many; another one takes the place of that which would go first', () => {
    const mtus = new PathMtus({ generation: 0 });
    for (let i = 1; i <= 1025; i++) mtus.learn(i, 1500, 1400, 1500, i);
    expect([mtus.find(1), mtus.find(2), mtus.find(1025), mtus.count]).toEqual([0, 1400, 1400, 1024]);
  });
});

/** The datagram that a router quotes. */
interface Quote {
  source?: string;
  port?: number;
  flags?: number;
  total?: number;
  protocol?: number;
}

/** A socket whose datagrams go to FAR by a gateway. */
class Far extends Neighbourhood {
  readonly page: SocketPage;
  readonly endpoint: UdpEndpoint;
  readonly #output: UdpOutput;

  constructor(discovery: number, isConnected = false) {
    super({}, [{ network: '0.0.0.0', prefix: 0, gateway: '10.10.10.1' }]);
    this.set('10.10.10.1', NeighbourState.Permanent, '02:fc:00:00:00:99');
    const capacity = ringCapacity(1 << 20);
    const memory = new ArrayBuffer(socketPageLength(capacity, capacity));
    this.page = new SocketPage(memory, { receive: capacity, send: capacity, limit: capacity });
    this.page.mtuDiscovery = discovery;
    const peer = isConnected
      ? { peerAddress: parseIpv4(FAR), peerPort: 4000 }
      : { peerAddress: 0, peerPort: 0 };
    this.endpoint = new UdpEndpoint(this.page, { address: 0, udpPort: 5000, slot: -1, ...peer });
    this.stack.sockets.add(this.endpoint);
    this.#output = new UdpOutput(this.device, this.stack, this.counters);
  }

  /** Of each packet that a datagram leaves in, its length, and whether it may not be cut; or the errno. */
  transmit(octets: number): string[] | number {
    const { sent } = this.page;
    const at = sent.claim(octets);
    sent.set(at, Message.Payload, octets);
    sent.set(at, Message.Address, parseIpv4(FAR) | 0);
    sent.set(at, Message.Port, 4000);
    sent.publish();
    this.#output.drain(this.endpoint, undefined, this.now);
    this.device.flush();
    let refused: number | undefined;
    this.page.takeFailures((_position, errno) => {
      refused = errno;
    });
    return (
      refused ?? this.frames().map((f) => `${f[20]! * 256 + f[21]!}${(f[24]! & 0x40) === 0 ? '' : ' DF'}`)
    );
  }

  /** A router has no room for a datagram of ours. */
  tooBig(mtu: number, quote: Quote = {}): void {
    const { source = RESPONDER.address, port = 5000, flags = 0x40, total = 1500, protocol = 17 } = quote;
    const quoted = [0x45, 0, total >> 8, total & 0xff, 0, 0, flags, 0, 60, protocol, 0, 0];
    quoted.push(
      ...addressOctets(source),
      ...addressOctets(FAR),
      port >> 8,
      port & 0xff,
      4000 >> 8,
      4000 & 0xff,
      0,
      0,
      0,
      0,
    );
    const message = [3, 4, 0, 0, 0, 0, mtu >> 8, mtu & 0xff, ...quoted];
    const sum = naiveChecksum(message);
    message[2] = sum >> 8;
    message[3] = sum & 0xff;
    const ipv4 = { source: '10.10.10.1', protocol: 1 };
    this.receive(buildFrame({ tags: [{ vid: VID }], ipv4, payload: Uint8Array.from(message) }));
  }
}

describe('a datagram by a gateway, before and after a router said 1000', () => {
  test.each<[how: keyof typeof MtuDiscovery, before: string[], after: string[] | number, short: string[]]>([
    ['Dont', ['1428'], ['996', '452'], ['928']],
    ['Want', ['1428 DF'], ['996', '452'], ['928 DF']],
    ['Do', ['1428 DF'], EMSGSIZE, ['928 DF']],
    ['Probe', ['1428 DF'], ['1428 DF'], ['928 DF']],
  ])('%s', (how, before, after, short) => {
    const far = new Far(MtuDiscovery[how]);
    expect(far.transmit(1400)).toEqual(before);
    far.tooBig(1000);
    expect(far.transmit(1400)).toEqual(after);
    expect(far.transmit(900)).toEqual(short);
    far.pass(600 * SECOND);
    far.stack.output.pathMtus.run(far.now);
    expect(far.transmit(1400)).toEqual(before);
  });

  test.each<[what: string, route: Partial<RouteConfig>, isKept: boolean]>([
    ['that are the same', {}, true],
    ['by another gateway', { gateway: parseIpv4('10.10.10.2') }, false],
    ['with another metric', { metric: 7 }, false],
    ['of another source', { source: parseIpv4('10.10.10.12') }, false],
  ])('routes %s', (_what, change, isKept) => {
    const far = new Far(MtuDiscovery.Want);
    far.tooBig(1000);
    const { port, stack } = far;
    const own = parseIpv4(RESPONDER.address);
    const gateway = { network: 0, prefix: 0, gateway: parseIpv4('10.10.10.1'), source: own, metric: 0, port };
    const onLink = { ...gateway, network: parseIpv4('10.10.10.0'), prefix: 24, gateway: 0 };
    // A route that leads elsewhere comes with them.
    const elsewhere = { ...onLink, network: parseIpv4('198.51.100.0'), metric: 9 };
    stack.output.setRoutes([elsewhere, { ...gateway, ...change }, onLink]);
    expect(stack.output.pathMtus.find(parseIpv4(FAR))).toBe(isKept ? 1000 : 0);
  });

  test('of an MTU below 552 it may be cut again', () => {
    const far = new Far(MtuDiscovery.Want);
    far.tooBig(200);
    expect(far.transmit(400)).toEqual(['428']);
    expect(far.counters.slots[VID * SLOT_STRIDE + SlotCounter.PathMtus]).toBe(1);
  });

  test('longer than the port’s own MTU is EMSGSIZE where it may not be cut', () => {
    expect(new Far(MtuDiscovery.Do).transmit(1473)).toBe(EMSGSIZE);
    expect(new Far(MtuDiscovery.Probe).transmit(1473)).toBe(EMSGSIZE);
    expect(new Far(MtuDiscovery.Want).transmit(1473)).toEqual(['1500', '21']);
  });
});

test.each<[what: string, forged: Quote]>([
  ['a datagram of no socket', { port: 5001 }],
  ['a datagram of another host', { source: '10.10.10.77' }],
  ['one that might have been cut', { flags: 0 }],
  ['another protocol', { protocol: 6 }],
  ['one that there was room for', { total: 900 }],
])('who quotes %s is not believed', (_what, forged) => {
  const far = new Far(MtuDiscovery.Do);
  far.tooBig(1000, forged);
  expect(far.stack.output.pathMtus.count).toBe(0);
  expect(far.drops()).toEqual({ 'icmp-not-request': 1 });
});

test.each<[how: keyof typeof MtuDiscovery, isConnected: boolean, fault: number]>([
  ['Do', true, EMSGSIZE],
  ['Want', true, EMSGSIZE],
  ['Dont', true, 0],
  ['Do', false, 0],
])('%s, connected %s: the socket is told %d', (how, isConnected, fault) => {
  const far = new Far(MtuDiscovery[how], isConnected);
  far.tooBig(1000);
  expect(far.page.takeFault()).toBe(fault);
});
