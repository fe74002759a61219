import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Drop } from '../../src/drop.js';
import { formatIpv4 } from '../../src/wire/address.js';
import * as ipv4 from '../../src/wire/ipv4.js';
import { buildFrame, type Ipv4Fields, ISSUER, octets, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { place } from './place.js';

const L3 = 14;
const placeIpv4 = (fields: Ipv4Fields, { payload = 'abcd', padTo = 0, offset = 0 } = {}) => {
  const frame = place(buildFrame({ ipv4: fields, payload, padTo }), offset);
  return { ...frame, l3: frame.at + L3 };
};

describe('check()', () => {
  test.each<{ name: string; fields: Ipv4Fields; padTo?: number; want: Drop }>([
    { name: 'a packet', fields: {}, want: Drop.None },
    { name: 'padding after it', fields: {}, padTo: 60, want: Drop.None },
    { name: 'the longest header', fields: { options: '00'.repeat(40) }, want: Drop.None },
    { name: 'TTL 0, as RFC 1122 §3.2.1.7 and Linux', fields: { ttl: 0 }, want: Drop.None },
    { name: 'the reserved bit, as Linux', fields: { flags: 4 }, want: Drop.None },
    { name: 'a header alone', fields: { totalLength: 20 }, want: Drop.None },
    { name: 'version 6', fields: { version: 6 }, want: Drop.Ipv4BadVersion },
    { name: 'IHL 4', fields: { ihl: 4 }, want: Drop.Ipv4BadIhl },
    { name: 'IHL 0', fields: { ihl: 0 }, want: Drop.Ipv4BadIhl },
    { name: 'a header beyond the frame', fields: { ihl: 7 }, want: Drop.Ipv4BadIhl },
    { name: 'a total length beyond the frame', fields: { totalLength: 25 }, want: Drop.Ipv4BadLength },
    { name: 'a total length within the padding', fields: { totalLength: 46 }, padTo: 60, want: Drop.None },
    {
      name: 'a total length below the header',
      fields: { totalLength: 23, options: '01010101' },
      want: Drop.Ipv4BadLength,
    },
    { name: 'total length 0', fields: { totalLength: 0 }, want: Drop.Ipv4BadLength },
    { name: 'a wrong checksum', fields: { checksum: 0x1234 }, want: Drop.Ipv4BadChecksum },
  ])('$name', ({ fields, padTo = 0, want }) => {
    const { view, l3, end } = placeIpv4(fields, { padTo });
    expect(ipv4.check(view, l3, end)).toBe(want);
  });

  test('wants 20 octets', () => {
    const { view, l3 } = placeIpv4({ totalLength: 20 });
    expect(ipv4.check(view, l3, l3 + 20)).toBe(Drop.None);
    for (const length of [0, 1, 19]) expect(ipv4.check(view, l3, l3 + length)).toBe(Drop.Ipv4Malformed);
  });

  test.each(['', '94040000'])('sees every single bit of a header with options "%s" that turns', (options) => {
    const { view, l3, end } = placeIpv4({ options });
    const bits = ipv4.headerLength(view, l3) * 8;
    for (let bit = 0; bit < bits; bit++) {
      const turn = () => view.setUint8(l3 + (bit >> 3), view.getUint8(l3 + (bit >> 3)) ^ (1 << (bit & 7)));
      turn();
      expect(ipv4.check(view, l3, end)).not.toBe(Drop.None);
      turn();
    }
    expect(ipv4.check(view, l3, end)).toBe(Drop.None);
  });

  test('takes both zeros of a checksum, as Linux', () => {
    // With this identification the header sums to all ones without its checksum.
    const { view, l3, end } = placeIpv4({ identification: 0x52be });
    expect(ipv4.headerChecksum(view, l3)).toBe(0);
    view.setUint16(l3 + 10, 0xffff);
    expect(ipv4.check(view, l3, end)).toBe(Drop.None);
  });
});

test('accessors read every field', () => {
  const { view, l3 } = placeIpv4(
    {
      source: '192.0.2.1',
      destination: '255.1.2.3',
      tos: 0xb9,
      ttl: 3,
      protocol: 89,
      identification: 0xfedc,
      flags: 7,
      fragmentOffset: 0x1fff,
      options: '01010101',
    },
    { offset: 1 },
  );
  expect(ipv4.version(view, l3)).toBe(4);
  expect(ipv4.headerLength(view, l3)).toBe(24);
  expect(ipv4.totalLength(view, l3)).toBe(28);
  expect(ipv4.source(view, l3)).toBe(0xc0000201);
  expect(ipv4.destination(view, l3)).toBe(0xff010203);
  expect(ipv4.tos(view, l3)).toBe(0xb9);
  expect(ipv4.ttl(view, l3)).toBe(3);
  expect(ipv4.protocol(view, l3)).toBe(89);
  expect(ipv4.identification(view, l3)).toBe(0xfedc);
  expect(ipv4.isReserved(view, l3)).toBe(true);
  expect(ipv4.isDontFragment(view, l3)).toBe(true);
  expect(ipv4.isMoreFragments(view, l3)).toBe(true);
  expect(ipv4.fragmentOffset(view, l3)).toBe(65_528);
});

describe('isFragment()', () => {
  test.each([
    { name: 'a whole packet', fields: {}, want: false },
    { name: 'a whole packet with DF', fields: { flags: 2 }, want: false },
    { name: 'a whole packet with the reserved bit', fields: { flags: 4 }, want: false },
    { name: 'the first', fields: { flags: 1 }, want: true },
    { name: 'one in the middle', fields: { flags: 1, fragmentOffset: 1 }, want: true },
    { name: 'the last', fields: { fragmentOffset: 185 }, want: true },
  ])('$name', ({ fields, want }) => {
    const { view, l3 } = placeIpv4(fields);
    expect(ipv4.isFragment(view, l3)).toBe(want);
  });
});

test('reverse() keeps the checksum right', () => {
  const frame = placeIpv4({ source: '192.0.2.1', destination: '10.10.10.11' });
  ipv4.reverse(frame.view, frame.l3);
  expectFrame(frame.octets()).ipv4({ source: '10.10.10.11', destination: '192.0.2.1' });
  expect(frame.isNoiseIntact()).toBe(true);
});

test('write() makes what check() takes and naive code reads', () => {
  const fields = fc.record({
    tos: fc.nat(255),
    payload: fc.nat(100),
    identification: fc.nat(0xffff),
    dontFragment: fc.boolean(),
    ttl: fc.nat(255),
    protocol: fc.constantFrom(0, 6, 89, 255),
    source: fc.nat(0xffffffff),
    destination: fc.nat(0xffffffff),
    options: fc.nat(10).map((words) => words * 4),
  });
  fc.assert(
    fc.property(fields, ({ payload, options, ...want }) => {
      const blank = buildFrame({
        ethertype: 0x0800,
        payload: new Uint8Array(20 + options + payload).fill(1),
      });
      const frame = place(blank);
      const l3 = frame.at + L3;
      const totalLength = 20 + options + payload;
      ipv4.write(frame.view, l3, { ...want, totalLength, headerLength: 20 + options });
      expect(ipv4.check(frame.view, l3, frame.end)).toBe(Drop.None);
      expectFrame(frame.octets()).ipv4({
        ...want,
        source: formatIpv4(want.source),
        destination: formatIpv4(want.destination),
        totalLength,
        options: '01'.repeat(options),
      });
    }),
  );
});

test('write() has defaults fit for a reply', () => {
  const frame = place(buildFrame({ ethertype: 0x0800, payload: new Uint8Array(20) }));
  ipv4.write(frame.view, frame.at + L3, {
    totalLength: 20,
    protocol: 1,
    source: 0x0a0a0a0b,
    destination: 0x0a0a0a0a,
  });
  expectFrame(frame.octets()).ipv4({
    source: RESPONDER.address,
    destination: ISSUER.address,
    ttl: 64,
    tos: 0,
    identification: 0,
    dontFragment: false,
    options: '',
  });
});

test('updateChecksum() is writeChecksum() for one changed word', () => {
  const word = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0xffff, 0x4500));
  fc.assert(
    fc.property(word, word, fc.boolean(), (identification, next, isOtherZero) => {
      const frame = placeIpv4({ identification });
      // A sender may write the other zero.
      if (isOtherZero && ipv4.headerChecksum(frame.view, frame.l3) === 0)
        frame.view.setUint16(frame.l3 + 10, 0xffff);
      ipv4.setIdentification(frame.view, frame.l3, next);
      ipv4.updateChecksum(frame.view, frame.l3, identification, next);
      const have = ipv4.headerChecksum(frame.view, frame.l3);
      ipv4.writeChecksum(frame.view, frame.l3);
      expect(have).toBe(ipv4.headerChecksum(frame.view, frame.l3));
    }),
    { numRuns: 1000 },
  );
});

test('replaceTtl() is setTtl() and writeChecksum()', () => {
  const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 255));
  fc.assert(
    fc.property(octet, octet, octet, fc.nat(0xffff), (before, ttl, protocol, identification) => {
      const frame = placeIpv4({ ttl: before, protocol, identification });
      ipv4.replaceTtl(frame.view, frame.l3, ttl);
      expectFrame(frame.octets()).ipv4({ ttl, protocol, identification });
      const have = ipv4.headerChecksum(frame.view, frame.l3);
      ipv4.writeChecksum(frame.view, frame.l3);
      expect(have).toBe(ipv4.headerChecksum(frame.view, frame.l3));
    }),
    { numRuns: 1000 },
  );
});

test('updateChecksum() does not pass on 0xffff for 0', () => {
  // All but identification and checksum sum to ones, so both 0xffff and 0 as identification leave the checksum 0.
  const { view, l3, end } = placeIpv4({ identification: 0xffff, destination: '10.10.92.201' });
  expect(ipv4.headerChecksum(view, l3)).toBe(0);
  view.setUint16(l3 + 10, 0xffff);
  ipv4.setIdentification(view, l3, 0);
  ipv4.updateChecksum(view, l3, 0xffff, 0);
  expect(ipv4.headerChecksum(view, l3)).toBe(0);
  expect(ipv4.check(view, l3, end)).toBe(Drop.None);
});

test('setters write one field each', () => {
  const frame = placeIpv4({ flags: 5, fragmentOffset: 3 });
  ipv4.setTos(frame.view, frame.l3, 0xb8);
  ipv4.setTtl(frame.view, frame.l3, 255);
  ipv4.setIdentification(frame.view, frame.l3, 0xffff);
  ipv4.setDontFragment(frame.view, frame.l3, true);
  ipv4.setSource(frame.view, frame.l3, 0xfffffffe);
  ipv4.setDestination(frame.view, frame.l3, 0x80000000);
  ipv4.writeChecksum(frame.view, frame.l3);
  expectFrame(frame.octets()).ipv4({
    tos: 0xb8,
    ttl: 255,
    identification: 0xffff,
    dontFragment: true,
    source: '255.255.255.254',
    destination: '128.0.0.0',
  });
  expect(frame.octets().slice(L3, L3 + 9)).toEqual(octets('45 b8 0018 ffff 4000 ff'));
});

describe('isUnicast()', () => {
  test.each([
    ['0.0.0.0', false],
    ['0.1.2.3', true],
    ['10.10.10.10', true],
    ['127.0.0.1', false],
    ['127.255.255.255', false],
    ['128.0.0.0', true],
    ['223.255.255.255', true],
    ['224.0.0.1', false],
    ['239.255.255.255', false],
    ['240.0.0.1', true],
    ['255.255.255.254', true],
    ['255.255.255.255', false],
  ])('%s: %s', (address, want) => {
    const { view, l3 } = placeIpv4({ source: address });
    expect(ipv4.isUnicast(ipv4.source(view, l3))).toBe(want);
  });
});
