import { expect, test } from '@jest/globals';
import { Identifications } from '../../src/stack/identification.js';

test('next() gives one destination every number but 0 before any comes again', () => {
  const identifications = new Identifications();
  const seen = new Set(Array.from({ length: 65535 }, () => identifications.next(1, 2, 17)));
  expect([seen.size, seen.has(0)]).toEqual([65535, false]);
});

test('next() counts by source, destination and protocol, with a key of its own', () => {
  const [a, b] = [new Identifications(), new Identifications()];
  const sequence = (of: Identifications, ...key: [number, number, number]) =>
    Array.from({ length: 8 }, () => of.next(...key));
  const firsts = [
    sequence(a, 1, 2, 17),
    sequence(a, 1, 3, 17),
    sequence(a, 2, 2, 17),
    sequence(a, 1, 2, 1),
    sequence(b, 1, 2, 17),
  ].map(([first]) => first!);
  // All of them alike by chance: once in 10^19 runs.
  expect(new Set(firsts).size).toBeGreaterThan(1);
});
