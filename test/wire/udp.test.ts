import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Drop } from '../../src/drop.js';
import * as ipv4 from '../../src/wire/ipv4.js';
import * as udp from '../../src/wire/udp.js';
import { buildFrame, type UdpFields } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { place } from './place.js';

const L3 = 14;
const L4 = 34;
const SOURCE = 0x0a0a0a0a;
const DESTINATION = 0x0a0a0a0b;
const placeUdp = (fields: UdpFields, payload: string | Uint8Array = 'abcd', offset = 0) => {
  const frame = place(buildFrame({ udp: fields, payload }), offset);
  return { ...frame, l4: frame.at + L4 };
};

test('accessors read a datagram', () => {
  const { view, l4 } = placeUdp({ sourcePort: 0xfffe, destinationPort: 7, checksum: 0xabcd }, 'abcd', 1);
  expect(udp.sourcePort(view, l4)).toBe(0xfffe);
  expect(udp.destinationPort(view, l4)).toBe(7);
  expect(udp.length(view, l4)).toBe(12);
  expect(udp.datagramChecksum(view, l4)).toBe(0xabcd);
});

describe('check()', () => {
  test.each<{ name: string; fields: UdpFields; want: Drop }>([
    { name: 'a datagram', fields: {}, want: Drop.None },
    { name: 'no checksum', fields: { checksum: 0 }, want: Drop.None },
    { name: 'a wrong checksum', fields: { checksum: 0x1234 }, want: Drop.UdpBadChecksum },
    { name: 'a length below the header', fields: { length: 7 }, want: Drop.UdpMalformed },
    { name: 'length 0', fields: { length: 0, checksum: 0 }, want: Drop.UdpMalformed },
    { name: 'a length beyond the packet', fields: { length: 13, checksum: 0 }, want: Drop.UdpMalformed },
    {
      name: 'a length short of the packet, without checksum',
      fields: { length: 10, checksum: 0 },
      want: Drop.None,
    },
  ])('$name', ({ fields, want }) => {
    const { view, l4, end } = placeUdp(fields);
    expect(udp.check(view, l4, end, SOURCE, DESTINATION)).toBe(want);
  });

  test('wants 8 octets', () => {
    const { view, l4 } = placeUdp({ checksum: 0, length: 8 });
    expect(udp.check(view, l4, l4 + 7, SOURCE, DESTINATION)).toBe(Drop.UdpMalformed);
    expect(udp.check(view, l4, l4 + 8, SOURCE, DESTINATION)).toBe(Drop.None);
  });

  test('takes what naive code makes, and covers both addresses', () => {
    const address = fc.nat(0xffffffff);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100, size: 'max' }),
        address,
        address,
        fc.nat(1),
        (payload, source, destination, offset) => {
          const text = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 0xff).join('.');
          const frame = place(
            buildFrame({ ipv4: { source: text(source), destination: text(destination) }, udp: {}, payload }),
            offset,
          );
          const l4 = frame.at + L4;
          expect(udp.check(frame.view, l4, frame.end, source, destination)).toBe(Drop.None);
          expect(udp.check(frame.view, l4, frame.end, (source ^ 0x00010000) >>> 0, destination)).toBe(
            Drop.UdpBadChecksum,
          );
          expect(udp.check(frame.view, l4, frame.end, source, (destination ^ 0x00000100) >>> 0)).toBe(
            Drop.UdpBadChecksum,
          );
        },
      ),
    );
  });
});

test('swapPorts() and ipv4.reverse() keep the checksum right', () => {
  const frame = placeUdp({ sourcePort: 40000, destinationPort: 7 });
  udp.swapPorts(frame.view, frame.l4);
  ipv4.reverse(frame.view, frame.at + L3);
  expectFrame(frame.octets())
    .ipv4({ source: '10.10.10.11' })
    .udp({ sourcePort: 7, destinationPort: 40000 })
    .payload('abcd');
});

test('write() makes the datagram naive code makes', () => {
  const port = fc.nat(0xffff);
  fc.assert(
    fc.property(
      port,
      port,
      fc.uint8Array({ maxLength: 100, size: 'max' }),
      (sourcePort, destinationPort, payload) => {
        const want = buildFrame({ udp: { sourcePort, destinationPort }, payload });
        const frame = place(want);
        frame.view.setUint32(frame.at + L4, 0);
        frame.view.setUint32(frame.at + L4 + 4, 0);
        udp.write(frame.view, frame.at + L4, {
          sourcePort,
          destinationPort,
          length: 8 + payload.length,
          source: SOURCE,
          destination: DESTINATION,
        });
        expect(frame.octets()).toEqual(want);
      },
    ),
  );
});

test('a checksum of 0 is sent as 0xffff', () => {
  const { view, l4, end } = placeUdp({ sourcePort: 0, destinationPort: 0 }, new Uint8Array(2));
  const rest = udp.datagramChecksum(view, l4);
  view.setUint16(end - 2, rest);
  udp.writeChecksum(view, l4, SOURCE, DESTINATION);
  expect(udp.datagramChecksum(view, l4)).toBe(0xffff);
  expect(udp.check(view, l4, end, SOURCE, DESTINATION)).toBe(Drop.None);
});
