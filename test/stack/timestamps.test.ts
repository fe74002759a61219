import { expect, test } from '@jest/globals';
import { Stage } from '../../src/memory/counters.js';
import { summarize } from '../../src/memory/histogram.js';
import { Message, MessageFlag } from '../../src/memory/message-ring.js';
import { NeighbourState } from '../../src/memory/neighbour-page.js';
import { ringCapacity, SocketCounter, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { PacketEndpoint } from '../../src/stack/packet-endpoint.js';
import { PacketOutput } from '../../src/stack/packet-output.js';
import { SentStamps } from '../../src/stack/sent-stamps.js';
import { UdpEndpoint } from '../../src/stack/udp-endpoint.js';
import { UdpOutput } from '../../src/stack/udp-output.js';
import { parseIpv4 } from '../../src/wire/address.js';
import { buildFrame } from '../build-frame.js';
import { fragments, messageOf } from '../fragment.js';
import { Neighbourhood, SECOND, VID } from './neighbourhood.js';
import { datagram } from './udp-datagram.js';

const PEER = '10.10.10.10';

/** A UDP and a packet socket on a wire, where the neighbour is known unless told otherwise. */
function sockets(state: NeighbourState = NeighbourState.Permanent) {
  const n = new Neighbourhood();
  if (state === NeighbourState.Permanent) n.set(PEER, state, '02:fc:00:00:00:02');
  n.device.marks.sink = new SentStamps(n.stack.delivery, n.counters);
  const capacity = ringCapacity(1 << 20);
  const page = () =>
    new SocketPage(new ArrayBuffer(socketPageLength(capacity, capacity)), {
      receive: capacity,
      send: capacity,
      limit: capacity,
    });
  const udp = new UdpEndpoint(page(), { address: 0, udpPort: 5000, slot: -1, peerAddress: 0, peerPort: 0 });
  const packet = new PacketEndpoint(page(), { ethertype: 0x88a4, slot: VID });
  n.stack.sockets.add(udp);
  n.stack.packets.add(packet);
  const datagrams = new UdpOutput(n.device, n.stack, n.counters);
  const frames = new PacketOutput(n.device, n.stack, n.counters);
  /** Sends `octets` as datagram `id`, at `now`; id -1: nobody wants to know. */
  const send = (e: UdpEndpoint | PacketEndpoint, octets: number, id: number) => {
    const { sent } = e.page;
    const at = sent.claim(octets);
    sent.set(at, Message.Payload, octets);
    sent.set(at, Message.Address, parseIpv4(PEER) | 0);
    sent.set(at, Message.Port, 4000);
    sent.set(at, Message.Vid, 0);
    sent.set(at, Message.Flags, id < 0 ? 0 : MessageFlag.Stamp);
    sent.set(at, Message.Id, id);
    sent.setTimeNs(at, n.now);
    sent.publish();
    n.now += 10;
    if (e === udp) datagrams.drain(udp, undefined, n.now);
    else frames.drain(packet, n.port, n.now);
    n.now += 100;
    n.device.flush();
  };
  /** What a socket is told; times since the first one was sent. */
  const told = ({ page: p }: UdpEndpoint | PacketEndpoint) => {
    const times: number[][] = [];
    const visit = (id: number, ...ns: number[]) => times.push([id, ...ns.map((t) => t - start)]);
    while (p.takeStamp(visit));
    return times;
  };
  const start = n.now;
  return { n, udp, packet, send, told };
}

test.each(['udp', 'packet'] as const)(
  'a %s socket is told when what it sent was where, if it asked',
  (kind) => {
    const s = sockets();
    const e = s[kind];
    s.send(e, 100, 7);
    s.send(e, 100, -1);
    s.send(e, 100, 8);
    expect(s.told(e)).toEqual([
      [7, 0, 10, 110],
      [8, 220, 230, 330],
    ]);
    expect(e.isTouched).toBe(true);
    const { stages } = s.n.counters;
    const counts = [Stage.ApplicationQueue, Stage.QueueDriver].map((i) => summarize(stages[i]!)?.count);
    expect(counts).toEqual([2, 2]);
  },
);

test('of a datagram in fragments the last one tells', () => {
  const { n, udp, send, told } = sockets();
  send(udp, 4000, 0);
  expect(n.sent()).toHaveLength(3);
  expect(told(udp)).toEqual([[0, 0, 10, 110]]);
});

test('a datagram that waits for its neighbour is in the queue when that has answered', () => {
  const { n, udp, send, told } = sockets(NeighbourState.Incomplete);
  send(udp, 100, 0);
  expect([told(udp), n.device.marks.underWay]).toEqual([[], 0]);
  n.now += SECOND / 2;
  n.answer();
  expect(told(udp)).toEqual([[0, 0, SECOND / 2 + 110, SECOND / 2 + 110]]);
});

test('one whose neighbour does not answer is told of to nobody', () => {
  const { n, udp, send, told } = sockets(NeighbourState.Incomplete);
  send(udp, 100, 0);
  n.pass(10 * SECOND);
  expect([told(udp), n.device.marks.count, n.device.lent]).toEqual([[], 0, 0]);
});

test('stamps that nobody reads are counted as lost', () => {
  const { udp, send, told } = sockets();
  for (let i = 0; i < 300; i++) send(udp, 10, i);
  expect(told(udp)).toHaveLength(256);
  expect(udp.page.counters[SocketCounter.StampsLost]).toBe(44);
});

test('times that an application made up are in no histogram', () => {
  const { n, udp } = sockets();
  const sink = n.device.marks.sink!;
  for (const ns of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, n.now + 1])
    sink.sent(udp, 0, ns, n.now, n.now);
  expect(summarize(n.counters.stages[Stage.ApplicationQueue]!)).toBeUndefined();
});

test('what is received tells when the NIC had it, a datagram of fragments when it had the last one', () => {
  const { n, udp, packet } = sockets();
  const input = n.stack.input.bind(n.stack);
  let nic = 1_764_340_000_123_456_789n;
  n.stack.input = (rx) => {
    rx.hardwareLow[0] = Number(nic & 0xffff_ffffn);
    rx.hardwareHigh[0] = Number(nic >> 32n);
    input(rx);
  };
  const hardwareNs = (e: UdpEndpoint | PacketEndpoint) => {
    const ring = e.page.received;
    const ns = ring.hardwareNs(ring.next());
    ring.release();
    return ns;
  };
  n.receive(datagram({ vid: VID }));
  expect(hardwareNs(udp)).toBe(nic);
  n.receive(buildFrame({ tags: [{ vid: VID }], ethertype: 0x88a4 }));
  expect(hardwareNs(packet)).toBe(nic);
  const message = messageOf(datagram({ vid: VID, payload: 'x'.repeat(2000) }));
  for (const part of fragments(message, [800, 1600], { protocol: 17, tags: [{ vid: VID }] })) {
    nic += 50n;
    n.receive(part);
  }
  expect(hardwareNs(udp)).toBe(nic);
  nic = 0n;
  n.receive(datagram({ vid: VID }));
  expect(hardwareNs(udp)).toBe(0n);
});

test('what is received tells when the driver had it, a datagram of fragments when it had the last one', () => {
  const { n, udp, packet } = sockets();
  const driverNs = (e: UdpEndpoint | PacketEndpoint) => {
    const ring = e.page.received;
    const ns = ring.driverNs(ring.next());
    ring.release();
    return ns;
  };
  n.receive(datagram({ vid: VID }));
  expect(driverNs(udp)).toBe(0);
  n.device.stamp = 1;
  n.receive(datagram({ vid: VID }));
  expect(driverNs(udp)).toBe(n.now);
  n.receive(buildFrame({ tags: [{ vid: VID }], ethertype: 0x88a4 }));
  expect(driverNs(packet)).toBe(n.now);
  const message = messageOf(datagram({ vid: VID, payload: 'x'.repeat(2000) }));
  for (const part of fragments(message, [800, 1600], { protocol: 17, tags: [{ vid: VID }] })) {
    n.now += 50;
    n.receive(part);
  }
  expect(driverNs(udp)).toBe(n.now);
});
