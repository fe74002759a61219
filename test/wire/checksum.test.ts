import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as checksum from '../../src/wire/checksum.js';
import { naiveChecksum, octets } from '../build-frame.js';
import { place } from './place.js';

// Octets at random, and the ones where carries and the two zeros are: all 00, all ff.
const message = fc.oneof(
  fc.uint8Array({ maxLength: 200, size: 'max' }),
  fc.nat(200).map((length) => new Uint8Array(length)),
  fc.nat(200).map((length) => new Uint8Array(length).fill(0xff)),
);
const word = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 1, 0xfffe, 0xffff));

test('sum() agrees with the example of RFC 1071 §3', () => {
  const { view, at, end } = place(octets('0001 f203 f4f5 f6f7'));
  expect(checksum.sum(view, at, end)).toBe(0xddf2);
});

test('sum() is that of naive code, at any alignment and length', () => {
  fc.assert(
    fc.property(message, fc.nat(3), (octets, offset) => {
      const { view, at, end } = place(octets, offset);
      const want = 0xffff - naiveChecksum(octets);
      expect(checksum.sum(view, at, end)).toBe(want);
    }),
    { numRuns: 1000 },
  );
});

describe.each([65_535, 65_534])('the longest message, %i octets', (length) => {
  test.each([0, 1])('of ff at offset %i does not overflow', (offset) => {
    const { view, at, end } = place(new Uint8Array(length).fill(0xff), offset);
    const want = length % 2 === 0 ? 0xffff : 0xff00;
    expect(checksum.sum(view, at, end)).toBe(want);
  });
});

test('compute() goes on from an initial sum', () => {
  fc.assert(
    fc.property(message, word, (octets, initial) => {
      const { view, at, end } = place(octets);
      expect(checksum.compute(view, at, end, initial)).toBe(
        naiveChecksum([initial >> 8, initial & 0xff, ...octets]),
      );
    }),
  );
});

test('fold() brings sums of 32-bit words to 16 bits', () => {
  const words = fc.array(fc.oneof(fc.nat(0xffffffff), fc.constant(0xffffffff)), {
    maxLength: 40,
    size: 'max',
  });
  fc.assert(
    fc.property(words, (list) => {
      const octets = list.flatMap((w) => [24, 16, 8, 0].map((shift) => (w >>> shift) & 0xff));
      expect(checksum.fold(list.reduce((a, b) => a + b, 0))).toBe(0xffff - naiveChecksum(octets));
    }),
  );
});

test('update() is what computing anew gives, whatever the other words', () => {
  fc.assert(
    fc.property(
      word,
      word,
      fc.array(word, { minLength: 1, maxLength: 4, size: 'max' }),
      (before, after, rest) => {
        const of = (first: number) => naiveChecksum([first, ...rest].flatMap((w) => [w >> 8, w & 0xff]));
        fc.pre([after, ...rest].some((w) => w !== 0) && [before, ...rest].some((w) => w !== 0));
        expect(checksum.update(of(before), before, after)).toBe(of(after));
      },
    ),
    { numRuns: 2000 },
  );
});
