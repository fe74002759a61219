import { isIPv6 } from 'node:net';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readIpv6 } from '../../src/wire/ipv6-address.js';

test.each<[text: string, words: number[] | undefined]>([
  ['::', [0, 0, 0, 0]],
  ['::1', [0, 0, 0, 1]],
  ['fe80::', [0xfe80_0000, 0, 0, 0]],
  ['2001:db8::ff00:42:8329', [0x2001_0db8, 0, 0xff00, 0x0042_8329]],
  ['1:2:3:4:5:6:7:8', [0x1_0002, 0x3_0004, 0x5_0006, 0x7_0008]],
  ['::ffff:10.1.2.3', [0, 0, 0xffff, 0x0a01_0203]],
  ['1:2:3:4:5:6:7::', [0x1_0002, 0x3_0004, 0x5_0006, 0x7_0000]],
  ['', undefined],
  [':', undefined],
  [':::', undefined],
  ['1::2::3', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4::5:6:7:8', undefined],
  ['12345::', undefined],
  ['::ffff:10.1.2.300', undefined],
  ['::g', undefined],
  ['fe80::1%eth0', undefined],
])('"%s"', (text, words) => {
  expect(readIpv6(text)).toEqual(words);
});

test('says the same as Node of anything made of these characters', () => {
  const text = fc
    .array(fc.constantFrom(':', ':', '::', '0', '1', 'ab', 'FFFF', '1.2.3.4', '12345'), { maxLength: 18 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (address) => expect(readIpv6(address) !== undefined).toBe(isIPv6(address))),
    { seed: 20260, numRuns: 5000 },
  );
});
