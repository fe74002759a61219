import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { copy, moveUp } from '../../src/wire/octets.js';
import { place } from './place.js';

test('moveUp() is copyWithin() towards higher addresses', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 80, size: 'max' }),
      fc.nat(80),
      fc.nat(80),
      fc.nat(3),
      (octets, a, b, offset) => {
        const length = Math.min(a, octets.length);
        const by = Math.min(b, octets.length - length);
        const have = place(octets, offset);
        moveUp(have.view, have.at, have.at + length, by);
        expect(have.octets()).toEqual(octets.slice().copyWithin(by, 0, length));
        expect(have.isNoiseIntact()).toBe(true);
      },
    ),
  );
});

test('copy() is set() of a subarray', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 80, size: 'max' }),
      fc.nat(80),
      fc.nat(80),
      fc.nat(3),
      fc.nat(3),
      (octets, a, b, fromOffset, toOffset) => {
        const from = place(octets, fromOffset);
        const to = place(new Uint8Array(octets.length), toOffset);
        const start = a % octets.length;
        const end = start + (b % (octets.length - start + 1));
        copy(from.view, from.at + start, from.at + end, to.view, to.at + start);
        const want = new Uint8Array(octets.length);
        want.set(octets.subarray(start, end), start);
        expect(to.octets()).toEqual(want);
        expect(from.octets()).toEqual(octets);
        expect(to.isNoiseIntact()).toBe(true);
      },
    ),
  );
});
