import { describe, expect, test } from '@jest/globals';
import { SlotCounter } from '../../src/memory/counters.js';
import { udpEcho } from '../../src/service/udp-echo.js';
import { Outcome } from '../../src/stack/service.js';
import { buildFrame, type FrameFields, ISSUER, RESPONDER, type UdpFields } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { Host } from '../stack/host.js';

const tags = [{ vid: 42, pcp: 4 }];

function host(...udpPorts: number[]): Host {
  const h = new Host({ vid: 42 });
  h.stack.port(42)!.udp.push(...udpPorts.map(udpEcho));
  return h;
}
const send = (h: Host, udp: UdpFields = {}, rest: FrameFields = {}) =>
  h.send(buildFrame({ tags, udp: { destinationPort: 7, ...udp }, payload: 'hello', ...rest }));

test('a datagram comes back with addresses and ports exchanged and its checksum right', () => {
  const { reply, moved } = send(host(7), { sourcePort: 40001 }, { ipv4: { ttl: 9, tos: 0x10 } });
  expectFrame(reply!)
    .ethernet({ destination: ISSUER.mac, source: RESPONDER.mac })
    .vlan({ vid: 42, pcp: 4 })
    .ipv4({ source: RESPONDER.address, destination: ISSUER.address, ttl: 64, tos: 0x10 })
    .udp({ sourcePort: 7, destinationPort: 40001, length: 13 })
    .payload('hello');
  expect(moved.UdpDatagrams).toBe(1);
});

describe('any payload comes back:', () => {
  const h = host(7);
  test.each([0, 1, 2, 3, 100, 1471, 1472])('%i octets', (size) => {
    const payload = Uint8Array.from({ length: size }, (_, i) => 255 - (i % 256));
    expectFrame(send(h, {}, { payload, padTo: 64 }).reply!)
      .vlan({})
      .ipv4({})
      .udp({ length: 8 + size })
      .payload(payload);
  });
});

test('a datagram without a checksum comes back with one (RFC 1122 §4.1.3.4)', () => {
  const [want, have] = [{}, { checksum: 0 }].map((udp) => send(host(7), udp).reply!);
  expect(have).toEqual(want);
});

test('a datagram shorter than its packet is legal: it comes back without the rest', () => {
  const datagram = buildFrame({ udp: { destinationPort: 7 }, payload: 'he' }).subarray(34);
  for (const options of ['', '01010101'])
    for (const rest of [1, 3, 100]) {
      const payload = Uint8Array.from([...datagram, ...new Uint8Array(rest).fill(0xee)]);
      const { reply } = host(7).send(buildFrame({ tags, ipv4: { protocol: 17, options }, payload }));
      expectFrame(reply!)
        .ethernet({ length: 14 + 4 + 20 + 10 })
        .vlan({})
        .ipv4({ totalLength: 30, options: '' })
        .udp({ length: 10 })
        .payload('he');
    }
});

test('options do not come back, as from a socket of Linux', () => {
  for (const options of ['94040000 07070400000000 00', '440c0500 0000000000000000', '07080400 0000ff00'])
    expectFrame(send(host(7), {}, { ipv4: { options } }).reply!)
      .vlan({ vid: 42, pcp: 4 })
      .ipv4({ options: '', ttl: 64 })
      .udp({ sourcePort: 7 })
      .payload('hello');
});

test.each<[name: string, udp: UdpFields, rest: FrameFields, drop: string]>([
  ['a wrong checksum', { checksum: 0xffff }, {}, 'udp-bad-checksum'],
  ['a length beyond the packet', { length: 14 }, { padTo: 100 }, 'udp-malformed'],
  ['a length below the header', { length: 7 }, {}, 'udp-malformed'],
  ['a broadcast', {}, { ipv4: { destination: '255.255.255.255' } }, 'udp-broadcast'],
  ["the subnet's broadcast", {}, { ipv4: { destination: '10.10.10.255' } }, 'udp-broadcast'],
  ['multicast', {}, { ipv4: { destination: '224.0.0.1' } }, 'udp-broadcast'],
  ['source port 0, which cannot be answered', { sourcePort: 0 }, {}, 'service-refused'],
  ['another echo service, which would answer for ever', { sourcePort: 7 }, {}, 'service-refused'],
  ['a port without a service', { destinationPort: 9 }, {}, 'udp-no-socket'],
])('%s is not answered', (_name, udp, rest, drop) => {
  expect(send(host(7), udp, rest)).toMatchObject({ drop, reply: undefined });
});

test('several services share a port; each has its own UDP port', () => {
  const h = host(7, 5000, 7000);
  for (const destinationPort of [7000, 7, 5000])
    expectFrame(send(h, { destinationPort }).reply!).vlan({}).ipv4({}).udp({ sourcePort: destinationPort });
  // Each guards against itself only: 7 asking 5000 is no loop.
  expect(send(h, { sourcePort: 7, destinationPort: 5000 }).reply).toBeDefined();
  expect(h.count(42, SlotCounter.UdpDatagrams)).toBe(4);
});

test('a service that does not want a datagram leaves it to the next; one on port 0 is asked for all of them', () => {
  const h = new Host({ vid: 42 });
  const asked: number[] = [];
  const reluctant = (udpPort: number) => ({
    name: 'reluctant',
    udpPort,
    datagram: () => {
      asked.push(udpPort);
      return Outcome.Pass;
    },
  });
  h.stack.port(42)!.udp.push(reluctant(7), reluctant(0), reluctant(9), udpEcho(7));
  expect(send(h).reply).toBeDefined();
  expect(asked).toEqual([7, 0]);
  expect(send(h, { destinationPort: 5 }).drop).toBe('udp-no-socket');
  expect(asked).toEqual([7, 0, 0]);
  expect(h.count(42, SlotCounter.UdpDatagrams)).toBe(1);
});

test('a service may keep a datagram: no reply, no drop', () => {
  const h = new Host({ vid: 42 });
  h.stack.port(42)!.udp.push({ name: 'sink', udpPort: 7, datagram: () => Outcome.Done });
  const { moved, ...answer } = send(h);
  expect(answer).toEqual({ reply: undefined, drop: undefined });
  expect(moved.UdpDatagrams).toBe(1);
});
