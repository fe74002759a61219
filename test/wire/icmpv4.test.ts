import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Drop } from '../../src/drop.js';
import * as icmpv4 from '../../src/wire/icmpv4.js';
import { buildFrame, naiveChecksum, octets } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { place } from './place.js';

const L4 = 34;
const placeIcmp = (fields: Parameters<typeof buildFrame>[0], offset = 0) => {
  const frame = place(buildFrame({ icmp: {}, ...fields }), offset);
  return { ...frame, l4: frame.at + L4 };
};

test('accessors read an echo request', () => {
  const { view, l4 } = placeIcmp(
    { icmp: { code: 3, identifier: 0xfedc, sequence: 0x8001, checksum: 0xabcd } },
    1,
  );
  expect(icmpv4.type(view, l4)).toBe(icmpv4.Type.Echo);
  expect(icmpv4.code(view, l4)).toBe(3);
  expect(icmpv4.identifier(view, l4)).toBe(0xfedc);
  expect(icmpv4.sequence(view, l4)).toBe(0x8001);
  expect(icmpv4.messageChecksum(view, l4)).toBe(0xabcd);
});

describe('check()', () => {
  test.each(['', 'a', 'abcd', 'x'.repeat(1472), 'y'.repeat(1473)])('takes %#', (payload) => {
    const { view, l4, end } = placeIcmp({ payload });
    expect(icmpv4.check(view, l4, end)).toBe(Drop.None);
  });

  test('wants 8 octets', () => {
    const { view, l4 } = placeIcmp({});
    for (const length of [0, 1, 4, 7]) expect(icmpv4.check(view, l4, l4 + length)).toBe(Drop.IcmpMalformed);
  });

  test('looks at the checksum of all of it', () => {
    const { view, l4, end } = placeIcmp({ payload: 'z'.repeat(99) });
    view.setUint8(end - 1, 0);
    expect(icmpv4.check(view, l4, end)).toBe(Drop.IcmpBadChecksum);
  });
});

describe('reply()', () => {
  const octet = fc.constantFrom(0, 0xff, 0x80, 0x08, 0xf7);
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 80, size: 'max' }),
    fc.array(octet, { maxLength: 80, size: 'max' }).map((values) => Uint8Array.from(values)),
    fc.nat(80).map((length) => new Uint8Array(length)),
    fc.nat(80).map((length) => new Uint8Array(length).fill(0xff)),
  );
  const word = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0xffff, 0xf7ff, 0x07ff, 0x0800));
  const code = fc.oneof(fc.constant(0), fc.nat(255));

  test('updates the checksum to exactly what computing it anew gives', () => {
    fc.assert(
      fc.property(
        payload,
        word,
        word,
        code,
        fc.boolean(),
        fc.nat(1),
        (payload, identifier, sequence, code, isOtherZero, offset) => {
          const frame = placeIcmp({ icmp: { identifier, sequence, code }, payload }, offset);
          // Both zeros are right in a request, and either must lead to the one right reply.
          if (isOtherZero && icmpv4.messageChecksum(frame.view, frame.l4) === 0)
            frame.view.setUint16(frame.l4 + 2, 0xffff);
          expect(icmpv4.check(frame.view, frame.l4, frame.end)).toBe(Drop.None);
          icmpv4.reply(frame.view, frame.l4, frame.end);
          const message = frame.octets().slice(L4);
          const want = naiveChecksum([...message.slice(0, 2), 0, 0, ...message.slice(4)]);
          expect(icmpv4.messageChecksum(frame.view, frame.l4)).toBe(want);
          expect(frame.isNoiseIntact()).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test.each([
    // The sums meet in 0x0000, told apart only by whether all octets are zero.
    { name: 'all zero', icmp: { identifier: 0, sequence: 0 }, payload: new Uint8Array(16), want: 0xffff },
    { name: 'all zero without payload', icmp: { identifier: 0, sequence: 0 }, payload: '', want: 0xffff },
    { name: 'identifier ffff', icmp: { identifier: 0xffff, sequence: 0 }, payload: '', want: 0x0000 },
    {
      name: 'a last octet that counts',
      icmp: { identifier: 0xff00, sequence: 0 },
      payload: octets('0000 00ff'),
      want: 0x0000,
    },
    {
      name: 'a request with checksum 0',
      icmp: { identifier: 0xf7ff, sequence: 0 },
      payload: '',
      want: 0x0800,
    },
    {
      name: 'a request with ffff for 0',
      icmp: { identifier: 0xf7ff, sequence: 0, checksum: 0xffff },
      payload: '',
      want: 0x0800,
    },
    { name: 'a code', icmp: { code: 255, identifier: 7, sequence: 1 }, payload: '', want: 0xfef8 },
  ])('$name', ({ icmp, payload, want }) => {
    const { view, l4, end } = placeIcmp({ icmp, payload });
    icmpv4.reply(view, l4, end);
    expect(icmpv4.type(view, l4)).toBe(icmpv4.Type.EchoReply);
    expect(icmpv4.messageChecksum(view, l4)).toBe(want);
    expect(icmpv4.check(view, l4, end)).toBe(Drop.None);
  });

  test('keeps code, identifier, sequence and data, as Linux', () => {
    const frame = placeIcmp({ icmp: { code: 5, identifier: 0xbeef, sequence: 0xfffe }, payload: 'kept' });
    icmpv4.reply(frame.view, frame.l4, frame.end);
    expectFrame(frame.octets())
      .ipv4({})
      .icmp({ type: 0, code: 5, identifier: 0xbeef, sequence: 0xfffe })
      .payload('kept');
  });
});

test('write() makes the message naive code makes', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      fc.nat(0xffff),
      fc.nat(255),
      fc.uint8Array({ maxLength: 100, size: 'max' }),
      (identifier, sequence, code, payload) => {
        const want = buildFrame({ icmp: { type: 8, code, identifier, sequence }, payload });
        const frame = place(want);
        const l4 = frame.at + L4;
        frame.view.setUint32(l4, 0xffffffff);
        frame.view.setUint32(l4 + 4, 0xffffffff);
        icmpv4.write(frame.view, l4, frame.end, { type: 8, code, identifier, sequence });
        expect(frame.octets()).toEqual(want);
      },
    ),
  );
});
