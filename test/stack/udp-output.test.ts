import { describe, expect, test } from '@jest/globals';
import { SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { Message } from '../../src/memory/message-ring.js';
import { NeighbourState } from '../../src/memory/neighbour-page.js';
import { ringCapacity, SocketCounter, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { Port } from '../../src/stack/port.js';
import { UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { UdpOutput } from '../../src/stack/udp-output.js';
import { formatIpv4, parseIpv4 } from '../../src/wire/address.js';
import { portConfig } from './host.js';
import { Neighbourhood, VID } from './neighbourhood.js';

const memoryOf = (capacity: number) => new ArrayBuffer(socketPageLength(capacity, capacity));

/** A socket on a wire with neighbours at these addresses. */
function socket(...peers: string[]) {
  const n = new Neighbourhood();
  for (const peer of peers) n.set(peer, NeighbourState.Permanent, '02:fc:00:00:00:02');
  const capacity = ringCapacity(1 << 20);
  const page = new SocketPage(memoryOf(capacity), { receive: capacity, send: capacity, limit: capacity });
  const binding = { address: 0, udpPort: 5000, slot: -1, peerAddress: 0, peerPort: 0 };
  const endpoint = new UdpEndpoint(page, binding);
  const others = new SocketPage(memoryOf(capacity), { receive: capacity, send: capacity, limit: capacity });
  const member = new UdpEndpoint(others, { ...binding, udpPort: 4000 });
  const output = new UdpOutput(n.device, n.stack, n.counters);
  const send = (to: string, octets: number, isTold = true) => {
    const { sent } = page;
    const at = sent.claim(octets);
    sent.set(at, Message.Payload, octets);
    sent.set(at, Message.Address, parseIpv4(to) | 0);
    sent.set(at, Message.Port, 4000);
    sent.publish();
    output.drain(endpoint, undefined, n.now);
    n.device.flush();
    if (!isTold) return [];
    // `packet N to MAC`: the identifications.
    return n.sent().map((said) => Number(/^packet (\d+) /.exec(said)![1]));
  };
  /** What came to `member`. */
  const received = () => {
    const ring = others.received;
    const all: string[] = [];
    for (let at = ring.next(); at >= 0; at = ring.next()) {
      const [from, to] = [Message.Address, Message.Destination].map((word) =>
        formatIpv4(ring.get(at, word) >>> 0),
      );
      const rest = `:${ring.get(at, Message.Port)} to ${to} vid ${ring.get(at, Message.Vid)}`;
      all.push(`${ring.payload(at)} from ${from}${rest}`);
      ring.release();
    }
    return all;
  };
  return {
    n,
    page,
    endpoint,
    member,
    received,
    send,
    count: (counter: number) => n.counters.slots[VID * SLOT_STRIDE + counter]!,
  };
}

test('a datagram longer than the MTU leaves in fragments of one identification, and is counted as one packet of many', () => {
  const { n, page, send, count } = socket('10.10.10.10');
  const identifications = send('10.10.10.10', 4000);
  expect(identifications).toHaveLength(3);
  expect(new Set(identifications).size).toBe(1);
  expect([count(SlotCounter.Fragmented), count(SlotCounter.FragmentsSent)]).toEqual([1, 3]);
  expect([count(SlotCounter.TxPackets), page.counters[SocketCounter.Sent], n.device.lent]).toEqual([3, 1, 0]);
});

test('one that fits is no fragment and needs no identification', () => {
  const { send, count } = socket('10.10.10.10');
  expect(send('10.10.10.10', 1472)).toEqual([0]);
  expect([count(SlotCounter.Fragmented), count(SlotCounter.FragmentsSent)]).toEqual([0, 0]);
});

test('no failure gets lost: who does not read them has no more sent until he does', () => {
  const { page, endpoint, n } = socket();
  const output = new UdpOutput(n.device, n.stack, n.counters);
  const { sent } = page;
  for (let i = 0; i < 300; i++) {
    sent.set(sent.claim(0), Message.Port, 0);
    sent.publish();
  }
  const told: number[] = [];
  for (let turns = 0; turns < 10; turns++) {
    while (output.drain(endpoint, undefined, n.now));
    page.takeFailures((position) => told.push(position));
  }
  expect(new Set(told).size).toBe(300);
  expect([sent.used, page.counters[SocketCounter.Failed]]).toEqual([0, 300]);
  for (let i = 0; i < 300; i++) {
    sent.set(sent.claim(0), Message.Port, 0);
    sent.publish();
  }
  while (output.drain(endpoint, undefined, n.now));
  expect(sent.used).toBeGreaterThan(0);
  // Whose application is gone is told nothing.
  endpoint.isClosing = true;
  while (output.drain(endpoint, undefined, n.now));
  expect(sent.used).toBe(0);
});

test('who sees the numbers of one destination learns nothing of the others', () => {
  const peers = Array.from({ length: 8 }, (_, i) => `10.10.10.${100 + i}`);
  const { send } = socket(...peers);
  const numbers = peers.map((peer) => send(peer, 1473)[0]!);
  const steps = numbers.slice(1).map((number, i) => number - numbers[i]!);
  // All seven by chance: once in 10^33 runs.
  expect(steps.every((step) => step === 1)).toBe(false);
});

describe('a multicast', () => {
  const GROUP = parseIpv4('239.129.2.3');
  const sent = (s: ReturnType<typeof socket>, octets = 4) => {
    s.send('239.129.2.3', octets, false);
    return s.n.frames();
  };

  test('goes to the MAC address of its group with a TTL of 1, and no farther than the socket wants', () => {
    const s = socket();
    const [frame] = sent(s);
    expect(Buffer.from(frame!.subarray(0, 6)).toString('hex')).toBe('01005e010203');
    expect(frame![26]).toBe(1);
    s.page.groupTtl = 32;
    expect(sent(s)[0]![26]).toBe(32);
    expect(sent(s, 2000).map((f) => f[26])).toEqual([32, 32]);
    // Not the TTL of what goes to one host.
    s.page.ttl = 7;
    expect(sent(s)[0]![26]).toBe(32);
  });

  test('comes to members here, unless the socket does not want that', () => {
    const s = socket();
    s.n.stack.sockets.add(s.member);
    sent(s);
    expect(s.received()).toEqual([]);
    s.n.stack.igmp.join(VID, GROUP);
    expect(sent(s)).toHaveLength(1);
    expect(s.received()).toEqual(['4 from 10.10.10.11:5000 to 239.129.2.3 vid 43']);
    expect(sent(s, 3000)).toHaveLength(3);
    expect(s.received()).toEqual(['3000 from 10.10.10.11:5000 to 239.129.2.3 vid 43']);
    s.page.loopsGroups = false;
    expect(sent(s)).toHaveLength(1);
    expect(s.received()).toEqual([]);
  });

  test('of TTL 0 stays on this host', () => {
    const s = socket();
    s.n.stack.sockets.add(s.member);
    s.n.stack.igmp.join(VID, GROUP);
    s.page.groupTtl = 0;
    expect(sent(s)).toEqual([]);
    expect(s.received()).toHaveLength(1);
    expect(s.page.counters[SocketCounter.Sent]).toBe(1);
  });

  test('leaves by the port that the socket names, from now on', () => {
    const s = socket();
    const other = new Port(portConfig({ vid: 44, addresses: ['10.20.0.1/24'] }));
    s.n.stack.setPort(44, other);
    sent(s);
    const through = () => sent(s).map((f) => [f[15], [...f.subarray(30, 34)].join('.')]);
    expect(through()).toEqual([[VID, '10.10.10.11']]);
    s.page.groupSlot = 44;
    expect(through()).toEqual([[44, '10.20.0.1']]);
    s.page.groupSlot = -1;
    expect(through()).toEqual([[VID, '10.10.10.11']]);
  });

  test('of a socket that is bound to a group comes from the address of the port', () => {
    const s = socket();
    s.endpoint.binding = { ...s.endpoint.binding, address: GROUP };
    expect([...sent(s)[0]!.subarray(30, 34)]).toEqual([10, 10, 10, 11]);
  });
});
