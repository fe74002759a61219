import { expect, test } from '@jest/globals';
import { SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { Message } from '../../src/memory/message-ring.js';
import { NeighbourState } from '../../src/memory/neighbour-page.js';
import { ringCapacity, SocketCounter, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { UdpOutput } from '../../src/stack/udp-output.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { Neighbourhood, VID } from './neighbourhood.js';

/** A socket on a wire with neighbours at these addresses. */
function socket(...peers: string[]) {
  const n = new Neighbourhood();
  for (const peer of peers) n.set(peer, NeighbourState.Permanent, '02:fc:00:00:00:02');
  const capacity = ringCapacity(1 << 20);
  const memory = new ArrayBuffer(socketPageLength(capacity, capacity));
  const page = new SocketPage(memory, { receive: capacity, send: capacity, limit: capacity });
  const endpoint = new UdpEndpoint(page, {
    address: 0,
    udpPort: 5000,
    slot: -1,
    peerAddress: 0,
    peerPort: 0,
  });
  const output = new UdpOutput(n.device, n.stack.output, n.counters);
  const send = (to: string, octets: number) => {
    const { sent } = page;
    const at = sent.claim(octets);
    sent.set(at, Message.Payload, octets);
    sent.set(at, Message.Address, parseIpv4(to) | 0);
    sent.set(at, Message.Port, 4000);
    sent.publish();
    output.drain(endpoint, undefined, n.now);
    n.device.flush();
    // `packet N to MAC`: the identifications.
    return n.sent().map((said) => Number(/^packet (\d+) /.exec(said)![1]));
  };
  return { n, page, send, count: (counter: number) => n.counters.slots[VID * SLOT_STRIDE + counter]! };
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

test('who sees the numbers of one destination learns nothing of the others', () => {
  const peers = Array.from({ length: 8 }, (_, i) => `10.10.10.${100 + i}`);
  const { send } = socket(...peers);
  const numbers = peers.map((peer) => send(peer, 1473)[0]!);
  const steps = numbers.slice(1).map((number, i) => number - numbers[i]!);
  // All seven by chance: once in 10^33 runs.
  expect(steps.every((step) => step === 1)).toBe(false);
});
