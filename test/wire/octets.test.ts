import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { moveUp } from '../../src/wire/octets.js';
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
