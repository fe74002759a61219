import { describe, expect, test } from '@jest/globals';
import {
  attribute,
  attributes,
  message,
  messages,
  outcome,
  text,
  u32,
} from '../../src/linux/netlink-message.js';

const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const view = (octets: Uint8Array) => new DataView(octets.buffer, octets.byteOffset, octets.length);
const found = (octets: Uint8Array) => [...messages(view(octets), 0, octets.length)];
const i32 = (n: number) => u32(n >>> 0);

const DONE = 3;
const ERROR = 2;
const CAPPED = 0x100;
const WITH_ATTRIBUTES = 0x200;
const WORDS = attribute(1, text('Numbers only'));

describe('messages()', () => {
  test('finds each one of a piece, whatever its length', () => {
    const octets = join(
      message(16, 2, 7, Uint8Array.of(1, 2, 3, 4)),
      message(20, 0x12, 7, new Uint8Array(0)),
      message(DONE, 2, 7, i32(0)),
    );
    expect(found(octets)).toEqual([
      { type: 16, flags: 2, sequence: 7, at: 16, end: 20 },
      { type: 20, flags: 0x12, sequence: 7, at: 36, end: 36 },
      { type: DONE, flags: 2, sequence: 7, at: 52, end: 56 },
    ]);
  });

  const broken: [name: string, octets: Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['half a header', message(16, 0, 1, new Uint8Array(0)).slice(0, 15)],
    ['a length beyond the end', message(16, 0, 1, new Uint8Array(8)).slice(0, 23)],
    ['a length below a header', new Uint8Array(32).fill(3, 0, 1)],
    ['a length of zero', new Uint8Array(32)],
  ];
  test.each(broken)('%s holds none', (_name, octets) => expect(found(octets)).toEqual([]));
});

describe('outcome()', () => {
  const request = message(18, 5, 7, new Uint8Array(10));
  const cases: [name: string, have: Uint8Array, want: object][] = [
    ['success', message(ERROR, 0, 7, join(i32(0), request)), { errno: 0 }],
    [
      'success with words',
      message(ERROR, WITH_ATTRIBUTES | CAPPED, 7, join(i32(0), request.slice(0, 16), WORDS)),
      { errno: 0 },
    ],
    ['an error', message(ERROR, 0, 7, join(i32(-19), request)), { errno: 19 }],
    [
      'an error with its words behind the capped request',
      message(ERROR, WITH_ATTRIBUTES | CAPPED, 7, join(i32(-22), request.slice(0, 16), WORDS)),
      { errno: 22, reason: 'Numbers only' },
    ],
    [
      'an error with its words behind the whole request',
      message(ERROR, WITH_ATTRIBUTES, 7, join(i32(-22), request, new Uint8Array(2), WORDS)),
      { errno: 22, reason: 'Numbers only' },
    ],
    ['the end of a dump', message(DONE, 2, 7, i32(0)), { errno: 0 }],
    ['a dump that failed', message(DONE, 2, 7, i32(-16)), { errno: 16 }],
    [
      'a dump that failed with words',
      message(DONE, 2 | WITH_ATTRIBUTES, 7, join(i32(-22), WORDS)),
      { errno: 22, reason: 'Numbers only' },
    ],
    ['an end without a number', message(DONE, 2, 7, new Uint8Array(0)), { errno: 0 }],
  ];
  test.each(cases)('%s', (_name, have, want) => expect(outcome(view(have), found(have)[0]!)).toEqual(want));
});

describe('attributes()', () => {
  test('reads what attribute() wrote', () => {
    const octets = join(
      attribute(1, text('eth0')),
      attribute(2, Uint8Array.of(0x12, 0x34)),
      attribute(3, u32(0x89abcdef)),
      attribute(0x8000 | 4, attribute(5, Uint8Array.of(9)), attribute(6)),
    );
    expect(octets.length % 4).toBe(0);
    const a = attributes(view(octets), 0, octets.length);
    expect([a.text(1), a.u16(2), a.be16(2), a.u32(3), a.be32(3)]).toEqual([
      'eth0',
      0x3412,
      0x1234,
      0x89abcdef,
      0xefcdab89,
    ]);
    expect(a.nested(4).u8(5)).toBe(9);
    expect(a.nested(4).octets(6)).toEqual(new Uint8Array(0));
    expect([a.u32(2), a.u32(9), a.text(9), a.nested(9).u8(5)]).toEqual(Array(4).fill(undefined));
  });

  test.each([0, 3, 9])('stops at an attribute of length %i', (length) => {
    const octets = join(attribute(1, u32(7)), Uint8Array.of(length, 0, 2, 0, 1, 1, 1, 1));
    const a = attributes(view(octets), 0, octets.length);
    expect([a.u32(1), a.u32(2)]).toEqual([7, undefined]);
  });
});
