import { expect, test } from '@jest/globals';
import { Destinations } from '../../src/socket/destinations.js';

test('the last of them are known by their positions, those before no more', () => {
  const destinations = new Destinations();
  expect(destinations.of(0)).toBeUndefined();
  for (let n = 1; n <= 1000; n++) destinations.note((n * 2 ** 22) | 0, (0xc0000200 + n) | 0, n);
  const of = (n: number) => destinations.of((n * 2 ** 22) | 0);
  expect(of(1000)).toEqual({ address: 0xc0000200 + 1000, port: 1000 });
  expect(of(745)).toEqual({ address: 0xc0000200 + 745, port: 745 });
  expect(of(744)).toBeUndefined();
});
