import { describe, expect, test } from '@jest/globals';
import { Message, MessageFlag } from '../../src/memory/message-ring.js';
import { ringCapacity, SocketCounter, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { type UdpBinding, UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { Host } from './host.js';
import { datagram } from './udp-datagram.js';

const OWN = parseIpv4('10.10.10.11');
const PEER = parseIpv4('10.10.10.10');
const ANY: UdpBinding = { address: 0, udpPort: 5000, slot: -1, peerAddress: 0, peerPort: 0 };

const endpoint = (binding: Partial<UdpBinding> = {}, limit = 65_536): UdpEndpoint => {
  const capacity = ringCapacity(limit);
  const memory = new ArrayBuffer(socketPageLength(capacity, capacity));
  return new UdpEndpoint(new SocketPage(memory, { receive: capacity, send: capacity, limit }), {
    ...ANY,
    ...binding,
  });
};
const host = (...endpoints: UdpEndpoint[]) => {
  const h = new Host({ vid: 42, ownsArp: true });
  for (const e of endpoints) h.stack.sockets.add(e);
  return h;
};
const received = (e: UdpEndpoint): number => e.page.counters[SocketCounter.Received]!;

describe('a datagram', () => {
  test('is copied to the socket of its port, with where it comes from', () => {
    const e = endpoint();
    const h = host(e);
    h.tracer.batchNs = 123_456_789_012;
    const { moved } = h.send(datagram({ vid: 42, payload: 'evlnet' }));
    expect(moved.UdpDatagrams).toBe(1);
    const ring = e.page.received;
    const at = ring.next();
    const from = ring.payloadAt(at);
    expect(Buffer.from(ring.octets.slice(from, from + ring.payload(at))).toString()).toBe('evlnet');
    expect(ring.get(at, Message.Address) >>> 0).toBe(PEER);
    expect(ring.get(at, Message.Port)).toBe(4000);
    expect(ring.get(at, Message.Destination) >>> 0).toBe(OWN);
    expect(ring.get(at, Message.Vid)).toBe(42);
    expect(ring.timeNs(at)).toBe(123_456_789_012);
  });

  test('of no octets is one', () => {
    const e = endpoint();
    host(e).send(datagram({ vid: 42, payload: '' }));
    expect(e.page.received.payload(e.page.received.next())).toBe(0);
    expect(received(e)).toBe(1);
  });

  test.each<[string, Partial<UdpBinding>]>([
    ['another UDP port', { udpPort: 5001 }],
    ['the same bucket', { udpPort: 5256 }],
    ['another address', { address: parseIpv4('10.10.10.12') }],
    ['another port', { slot: 43 }],
    ['another peer', { peerAddress: parseIpv4('10.10.10.9'), peerPort: 4000 }],
    ['another port of the peer', { peerAddress: PEER, peerPort: 4001 }],
  ])('is not for %s', (_name, binding) => {
    const e = endpoint(binding);
    expect(host(e).send(datagram({ vid: 42 })).drop).toBe('udp-no-socket');
    expect(received(e)).toBe(0);
  });

  test('is for the socket bound most closely, among equals for the newest', () => {
    const all = endpoint();
    const newer = endpoint();
    const own = endpoint({ address: OWN });
    const connected = endpoint({ address: OWN, peerAddress: PEER, peerPort: 4000 });
    const sockets = [connected, own, all, newer];
    const h = host(...sockets);
    const order = [connected, own, newer, all];
    for (const e of order) {
      h.send(datagram({ vid: 42 }));
      expect(received(e)).toBe(1);
      h.stack.sockets.remove(e);
    }
    expect(h.send(datagram({ vid: 42 })).drop).toBe('udp-no-socket');
  });

  test('to all hosts is for all sockets of its port but those of an address', () => {
    const [one, two, own] = [endpoint(), endpoint(), endpoint({ address: OWN })];
    const h = host(one, two, own);
    h.send(datagram({ vid: 42, destination: '10.10.10.255', mac: 'ff:ff:ff:ff:ff:ff' }));
    expect([one, two, own].map(received)).toEqual([1, 1, 0]);
    expect(one.page.received.get(one.page.received.next(), Message.Flags)).toBe(MessageFlag.Broadcast);
  });

  test('that finds no room goes to the next socket, and is dropped and counted where there is none', () => {
    const [all, full] = [endpoint(), endpoint({ address: OWN }, 1)];
    const h = host(all, full);
    // One always fits.
    h.send(datagram({ vid: 42 }));
    expect([received(full), received(all)]).toEqual([1, 0]);
    h.send(datagram({ vid: 42 }));
    expect([received(all), full.page.counters[SocketCounter.Dropped]]).toEqual([1, 1]);
    h.stack.sockets.remove(all);
    expect(h.send(datagram({ vid: 42 })).drop).toBe('socket-buffer-full');
    expect(full.page.counters[SocketCounter.Dropped]).toBe(2);
  });

  test.each([0, 1472])('of %i octets fits into the smallest buffer once that is empty', (length) => {
    const e = endpoint({}, 1);
    const h = host(e);
    const ring = e.page.received;
    for (let n = 1; n <= 300; n++) {
      for (let i = 0; i < 2; i++) h.send(datagram({ vid: 42, payload: 'x'.repeat(length) }));
      expect([received(e), e.page.counters[SocketCounter.Dropped]]).toEqual([n, n]);
      expect(ring.payload(ring.next())).toBe(length);
      ring.release();
    }
  });
});

describe('a multicast', () => {
  const GROUP = parseIpv4('239.1.2.3');
  const toGroup = datagram({ vid: 42, destination: '239.1.2.3', mac: '01:00:5e:01:02:03' });

  test('is nobody’s while nobody has joined its group on the port', () => {
    const e = endpoint();
    const h = host(e);
    expect(h.send(toGroup).drop).toBe('multicast-not-joined');
    h.stack.igmp.join(43, GROUP);
    expect(h.send(toGroup).drop).toBe('multicast-not-joined');
    expect(received(e)).toBe(0);
  });

  test('is for every socket that it fits: of an address no, of the group or of any yes', () => {
    const sockets = [endpoint(), endpoint(), endpoint({ address: GROUP }), endpoint({ slot: 42 })];
    const others = [endpoint({ address: OWN }), endpoint({ slot: 43 }), endpoint({ address: GROUP + 1 })];
    const h = host(...sockets, ...others);
    h.stack.igmp.join(42, GROUP);
    expect(h.send(toGroup).moved.UdpDatagrams).toBe(1);
    expect(sockets.map(received)).toEqual([1, 1, 1, 1]);
    expect(others.map(received)).toEqual([0, 0, 0]);
    const ring = sockets[0]!.page.received;
    const at = ring.next();
    expect([ring.get(at, Message.Destination) >>> 0, ring.get(at, Message.Flags)]).toEqual([GROUP, 0]);
  });

  test('that others have joined is not for a socket that hears its own groups only', () => {
    const [own, all] = [endpoint(), endpoint()];
    const h = host(own, all);
    h.stack.igmp.join(42, GROUP);
    own.page.hearsAllGroups = false;
    h.send(toGroup);
    own.joined.push({ slot: 43, group: GROUP });
    h.send(toGroup);
    own.joined.push({ slot: 42, group: GROUP });
    h.send(toGroup);
    expect([received(own), received(all)]).toEqual([1, 3]);
  });

  test('to 224.0.0.1 needs no joining', () => {
    const e = endpoint();
    host(e).send(datagram({ vid: 42, destination: '224.0.0.1', mac: '01:00:5e:00:00:01' }));
    expect(received(e)).toBe(1);
  });

  test('that no socket wants is dropped', () => {
    const h = host(endpoint({ udpPort: 5001 }));
    h.stack.igmp.join(42, GROUP);
    expect(h.send(toGroup).drop).toBe('udp-no-socket');
  });
});
