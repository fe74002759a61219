// test/reference/errors.test.ts holds errors to Linux; here is what that cannot ask: silence, limits, and time.
import { describe, expect, test } from '@jest/globals';
import { TIMEOUT_NS } from '../../src/stack/reassembly.js';
import { buildFrame, type FrameFields, ISSUER, octets, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { fragment, fragments, messageOf } from '../fragment.js';
import { Host, type PortFields } from './host.js';

const tags = [{ vid: 42, pcp: 6 }];
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
const host = (fields: PortFields = {}) => new Host({ vid: 42, icmpErrors: true, ...fields });
const closed = (fields: FrameFields = {}) =>
  buildFrame({ tags, udp: { destinationPort: 9 }, payload: 'x', ...fields });

test('a port is silent unless told otherwise', () => {
  const { replies, moved } = host({ icmpErrors: false }).exchange([closed()]);
  expect([replies, moved['udp-no-socket'], moved.IcmpErrorsSent]).toEqual([[], 1, undefined]);
});

describe('port unreachable', () => {
  test('goes back to the frame’s sender with tag and priority, and quotes the packet as it came', () => {
    const frame = closed({ ipv4: { tos: 0xb8, ttl: 3 } });
    const { replies, moved } = host().exchange([frame]);
    expectFrame(replies[0]!)
      .ethernet({ source: RESPONDER.mac, destination: ISSUER.mac })
      .vlan({ vid: 42, pcp: 6 })
      .ipv4({
        source: RESPONDER.address,
        destination: ISSUER.address,
        ttl: 64,
        tos: 0xd8,
        dontFragment: false,
      })
      .icmp({ type: 3, code: 3, identifier: 0, sequence: 0 })
      .payload(frame.subarray(18));
    expect(moved).toMatchObject({
      'udp-no-socket': 1,
      IcmpErrorsSent: 1,
      TxPackets: 1,
      TxBytes: replies[0]!.length,
    });
  });

  test('is 576 octets at most, of a packet in fragments too', () => {
    const message = messageOf(buildFrame({ udp: { destinationPort: 9 }, payload: noise(3000) }));
    const frames = fragments(message, [1480, 2960], { tags, protocol: 17 });
    const { replies } = host().exchange(frames);
    expectFrame(replies[0]!).vlan({}).ipv4({ totalLength: 576 }).icmp({ type: 3, code: 3 });
    expect(replies[0]!.subarray(18 + 20 + 8 + 20)).toEqual(message.subarray(0, 528));
  });

  test('has a number of its own each time', () => {
    const h = host();
    const numbers = Array.from({ length: 6 }, () => h.exchange([closed()]).replies[0]!).map(
      (r) => r[22]! * 256 + r[23]!,
    );
    expect(new Set(numbers).size).toBe(6);
    expect(numbers).not.toContain(0);
  });

  test('is not sent for want of a buffer', () => {
    const h = host();
    h.device.reserve = () => 0;
    expect(h.exchange([closed()]).moved).toMatchObject({ 'no-buffer': 1, 'udp-no-socket': 1 });
  });
});

describe('limits', () => {
  const from = (n: number) => closed({ ipv4: { source: `10.10.${n >> 8}.${n & 255}` } });
  const answers = (h: Host, frames: Uint8Array[]) => h.exchange(frames).replies.length;

  test('six at once to a host, then one a second', () => {
    const h = host();
    const many = new Array<Uint8Array>(10).fill(closed());
    expect(answers(h, many)).toBe(6);
    h.pass(999e6);
    expect(answers(h, many)).toBe(0);
    h.pass(1e6);
    expect(answers(h, many)).toBe(1);
    h.pass(100e9);
    const { moved } = h.exchange(many);
    expect(moved).toMatchObject({ IcmpErrorsSent: 6, IcmpErrorsLimited: 4 });
  });

  test('50 at once to all, then 1000 a second', () => {
    const h = host({ addresses: ['10.10.10.11/16'] });
    const many = Array.from({ length: 80 }, (_, i) => from(256 + i));
    expect(answers(h, many)).toBe(50);
    h.pass(10e6);
    expect(answers(h, many.slice(50))).toBe(10);
  });
});

describe('reassembly time exceeded', () => {
  const first = (length: number, more: object = {}) =>
    fragment({
      offset: 0,
      payload: noise(length),
      isLast: false,
      protocol: 17,
      identification: 0x4243,
      ...more,
    });
  const last = (more: object = {}) =>
    fragment({ offset: 128, payload: noise(8), isLast: true, protocol: 17, ...more });

  test('is what Linux 6.18 sends', () => {
    const h = new Host({ icmpErrors: true });
    h.exchange([first(64, { options: '94040000' }), last({ identification: 0x4243 })]);
    expect(h.pass(TIMEOUT_NS - 1)).toEqual([]);
    const [frame, ...others] = h.pass(1);
    // Its own identification and header checksum are any.
    const want = octets(`02fc00000002 02fc00000001 0800
      45c0 0074 0000 0000 4001 0000 0a0a0a0b 0a0a0a0a   0b01 c2ed 00000000
      46000058 42432000 40115b25 0a0a0a0a 0a0a0a0b 94040000
      40474e555c636a71787f868d949ba2a9b0b7bec5ccd3dae1e8eff6fd040b1219
      20272e353c434a51585f666d747b828990979ea5acb3bac1c8cfd6dde4ebf2f9`);
    expectFrame(frame!).ipv4({}).icmp({ type: 11, code: 1 });
    for (const at of [18, 19, 24, 25]) frame![at] = 0;
    expect(Buffer.from(frame!).toString('hex')).toBe(Buffer.from(want).toString('hex'));
    expect(others).toEqual([]);
  });

  test('quotes 548 octets', () => {
    const h = new Host({ icmpErrors: true });
    const frame = first(600, { tos: 0xb8 });
    h.exchange([frame]);
    expectFrame(h.pass(TIMEOUT_NS)[0]!)
      .ipv4({ tos: 0xd8, totalLength: 576 })
      .icmp({ type: 11, code: 1 })
      .payload(frame.subarray(14, 14 + 548));
  });

  test.each<[name: string, frame: Uint8Array, fields: PortFields]>([
    ['without the first fragment', last(), {}],
    ['of an error', first(64, { protocol: 1, payload: octets('0303 0000 00000000') }), {}],
    ['to a broadcast address', first(64, { destination: '10.10.10.255' }), {}],
    ['where errors are off', first(64), { icmpErrors: false }],
  ])('is not sent %s', (_name, frame, fields) => {
    const h = new Host({ icmpErrors: true, ...fields });
    h.exchange([frame]);
    expect(h.pass(TIMEOUT_NS)).toEqual([]);
  });

  test('is not sent by a port that is gone', () => {
    const h = new Host({ icmpErrors: true });
    h.exchange([first(64)]);
    h.stack.setPort(0, undefined);
    expect(h.pass(TIMEOUT_NS)).toEqual([]);
  });
});
