// What comes in fragments goes its way as if it had come in one frame, and what is longer than the MTU leaves in fragments.
import { describe, expect, test } from '@jest/globals';
import { Drop } from '../../src/drop.js';
import { udpEcho } from '../../src/service/udp-echo.js';
import { buildFrame, type FrameFields, ISSUER, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { fragments, joined, messageOf } from '../fragment.js';
import { Host, type PortFields } from './host.js';

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 13 + (i >> 8)) & 0xff);
const cuts = (length: number, step: number) =>
  Array.from({ length: Math.ceil(length / step) - 1 }, (_, i) => step * (i + 1));

/** The packet as the issuer would send it with that MTU. */
function cut(fields: FrameFields, mtu: number): Uint8Array[] {
  const message = messageOf(buildFrame(fields));
  const options = fields.ipv4?.options;
  const header = 20 + (typeof options === 'string' ? options.replaceAll(' ', '').length / 2 : 0);
  return fragments(message, cuts(message.length, (mtu - header) & ~7), {
    protocol: fields.udp ? 17 : 1,
    ...fields.ipv4,
    ...(fields.tags ? { tags: fields.tags } : {}),
  });
}

const host = (fields: PortFields = {}) => {
  const h = new Host({ vid: 42, ...fields }, { vid: 44, responds: false });
  h.stack.port(42)!.udp.push(udpEcho(7));
  return h;
};
const tags = [{ vid: 42, pcp: 3 }];
const back = { source: RESPONDER.address, destination: ISSUER.address };

describe('an echo request', () => {
  const h = host();
  test.each([1473, 1480, 1481, 2952, 2953, 8192, 65506, 65507])('of %d octets', (size) => {
    const frames = cut({ tags, icmp: { sequence: size & 0xffff }, payload: noise(size) }, 1500);
    const { replies, moved } = h.exchange(frames);
    expect(replies.length).toBe(Math.ceil((size + 8) / 1480));
    for (const frame of replies) expect(frame.length).toBeLessThanOrEqual(1518);
    expectFrame(joined(replies))
      .ethernet({ source: RESPONDER.mac, destination: ISSUER.mac })
      .vlan({ vid: 42, pcp: 3 })
      .ipv4({ ...back, ttl: 64, identification: 0x1234, dontFragment: false })
      .icmp({ type: 0, sequence: size & 0xffff })
      .payload(noise(size));
    expect(moved).toEqual({
      RxPackets: frames.length,
      RxBytes: frames.reduce((sum, frame) => sum + frame.length, 0),
      TxPackets: replies.length,
      TxBytes: replies.reduce((sum, frame) => sum + frame.length, 0),
      EchoRequests: 1,
      EchoReplies: 1,
      Reassembled: 1,
      FragmentsJoined: frames.length,
      Fragmented: 1,
      FragmentsSent: replies.length,
    });
  });

  test('in small fragments comes back in one frame where it fits', () => {
    const { replies, moved } = h.exchange(cut({ tags, icmp: {}, payload: noise(1472) }, 68));
    expect(replies).toHaveLength(1);
    expectFrame(replies[0]!).vlan({}).ipv4({ totalLength: 1500 }).icmp({ type: 0 }).payload(noise(1472));
    expect(moved).not.toHaveProperty('Fragmented');
  });

  test.each([68, 576, 1492, 2000])('from a port with an MTU of %d', (mtu) => {
    const { replies } = host({ mtu }).exchange(cut({ tags, icmp: {}, payload: noise(6000) }, 1500));
    const longest = Math.max(...replies.map((frame) => frame.length)) - 18;
    expect(longest).toBeLessThanOrEqual(mtu);
    expect(longest).toBeGreaterThan(mtu - 8);
    expectFrame(joined(replies)).vlan({}).ipv4(back).icmp({ type: 0 }).payload(noise(6000));
  });

  test('with two tags: the second is at the cost of the packet', () => {
    const { replies } = h.exchange(
      cut({ tags: [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }], icmp: {}, payload: noise(3000) }, 1496),
    );
    for (const frame of replies) expect(frame.length).toBeLessThanOrEqual(1518);
    expectFrame(joined(replies)).vlan({ vid: 7 }).vlan({ vid: 42 }).ipv4(back).icmp({ type: 0 });
  });

  test('with options: what is not copied is no operation in all fragments but the first', () => {
    // Router alert is copied, record route is not.
    const options = '94040000 07070400 00000000';
    const { replies } = h.exchange(cut({ tags, icmp: {}, ipv4: { options }, payload: noise(3000) }, 1500));
    expectFrame(replies[0]!).vlan({}).ipv4({ options: '0707080a 0a0a0b00' });
    expectFrame(replies[1]!).vlan({}).ipv4({ options: '01010101 01010100' });
    expectFrame(joined(replies)).vlan({}).ipv4({}).icmp({ type: 0 }).payload(noise(3000));
  });

  test('from a group address, or to a port that does not answer: dropped once', () => {
    const group = cut({ tags, icmp: {}, payload: noise(3000) }, 1500);
    for (const frame of group) frame[6] = 3;
    expect(h.exchange(group).moved).toMatchObject({ 'source-unreachable': 1, Reassembled: 1 });
    const silent = cut({ tags: [{ vid: 44 }], icmp: {}, payload: noise(3000) }, 1500);
    expect(h.exchange(silent).moved).toMatchObject({
      'icmp-no-service': 1,
      Reassembled: 1,
      FragmentsJoined: 3,
    });
  });

  test('with a wrong checksum', () => {
    const frames = cut({ tags, icmp: { checksum: 1 }, payload: noise(3000) }, 1500);
    expect(h.exchange(frames).moved).toMatchObject({ 'icmp-bad-checksum': 1, RxPackets: 3 });
  });
});

describe('a datagram', () => {
  const udp = { sourcePort: 40000, destinationPort: 7 };

  test.each([1473, 3000, 65507])('of %d octets', (size) => {
    const { replies, moved } = host().exchange(cut({ tags, udp, payload: noise(size) }, 1500));
    expectFrame(joined(replies))
      .vlan({ vid: 42, pcp: 3 })
      .ipv4(back)
      .udp({ sourcePort: 7, destinationPort: 40000, length: size + 8 })
      .payload(noise(size));
    expect(moved).toMatchObject({ UdpDatagrams: 1, Reassembled: 1 });
  });
});

test('a reply for which there are too few buffers is lost as a whole, and counted', () => {
  const h = host();
  const { device } = h;
  const reserve = device.reserve.bind(device);
  device.reserve = (batch, count) => reserve(batch, Math.min(count, 2 - batch.count));
  const { replies, moved } = h.exchange(cut({ tags, icmp: {}, payload: noise(4000) }, 1500));
  expect(replies).toEqual([]);
  expect(moved).toMatchObject({ 'no-buffer': 1, EchoReplies: 1 });
  expect(moved).not.toHaveProperty('TxPackets');
  expect(h.count(42, Drop.NoBuffer)).toBe(1);
});
