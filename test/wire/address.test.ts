import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EvlnetError, Exit } from '../../src/errors.js';
import * as address from '../../src/wire/address.js';

const thrown = (act: () => unknown): EvlnetError => {
  try {
    act();
  } catch (error) {
    if (error instanceof EvlnetError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('IPv4', () => {
  test.each([
    ['10.10.10.11', 0x0a0a0a0b],
    ['0.0.0.0', 0],
    ['255.255.255.255', 0xffffffff],
    ['128.0.0.1', 0x80000001],
  ])('%s', (text, want) => {
    expect(address.parseIpv4(text)).toBe(want);
    expect(address.formatIpv4(want)).toBe(text);
  });

  test.each([
    '',
    '10',
    '10.10.10',
    '10.10.10.10.10',
    '10.10.10.256',
    '010.10.10.10',
    '10.10.10.08',
    '00.0.0.0',
    '10.10.10.',
    '.10.10.10',
    '10..10.10',
    ' 10.10.10.10',
    '10.10.10.10 ',
    '10.10.10.10\n',
    '10.10.10.-1',
    '10.10.10.1e1',
    '0x0a.10.10.10',
    '10,10,10,10',
    '10.10.10.1000',
    '١٠.10.10.10',
    '10.10.10.10/24',
  ])('refuses %j', (text) => {
    expect(address.readIpv4(text)).toBeUndefined();
    expect(thrown(() => address.parseIpv4(text))).toMatchObject({
      code: 'EVL_ADDRESS',
      exit: Exit.Usage,
      message: `argument "${text}" is wrong: not an IPv4 address`,
      hint: 'write it as 10.10.10.11',
    });
  });

  test('formatIpv4() and parseIpv4() are inverse', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (n) => expect(address.parseIpv4(address.formatIpv4(n))).toBe(n)),
    );
  });
});

describe('prefix', () => {
  test.each([
    ['10.10.10.11/24', { address: 0x0a0a0a0b, length: 24 }],
    ['0.0.0.0/0', { address: 0, length: 0 }],
    ['255.255.255.255/32', { address: 0xffffffff, length: 32 }],
  ])('%s', (text, want) => {
    expect(address.parsePrefix(text)).toEqual(want);
  });

  test.each([
    ['10.10.10.11', 'not an IPv4 address with a prefix length'],
    ['10.10.10.11/', 'not an IPv4 address with a prefix length'],
    ['10.10.10.11/024', 'not an IPv4 address with a prefix length'],
    ['10.10.10.11/-1', 'not an IPv4 address with a prefix length'],
    ['10.10.10.11/24 ', 'not an IPv4 address with a prefix length'],
    ['10.10.10.300/24', 'not an IPv4 address with a prefix length'],
    ['10.10.10.11/255.255.255.0', 'not an IPv4 address with a prefix length'],
    ['/24', 'not an IPv4 address with a prefix length'],
    ['10.10.10.11/33', 'the prefix length is beyond 32'],
  ])('refuses %s', (text, reason) => {
    expect(thrown(() => address.parsePrefix(text))).toMatchObject({
      code: 'EVL_ADDRESS',
      message: `argument "${text}" is wrong: ${reason}`,
    });
  });

  test.each([
    { length: 0, netmask: '0.0.0.0', network: '0.0.0.0', broadcast: '255.255.255.255' },
    { length: 1, netmask: '128.0.0.0', network: '128.0.0.0', broadcast: '255.255.255.255' },
    { length: 8, netmask: '255.0.0.0', network: '192.0.0.0', broadcast: '192.255.255.255' },
    { length: 24, netmask: '255.255.255.0', network: '192.168.7.0', broadcast: '192.168.7.255' },
    { length: 30, netmask: '255.255.255.252', network: '192.168.7.128', broadcast: '192.168.7.131' },
    { length: 31, netmask: '255.255.255.254', network: '192.168.7.130', broadcast: '255.255.255.255' },
    { length: 32, netmask: '255.255.255.255', network: '192.168.7.130', broadcast: '255.255.255.255' },
  ])('/$length', ({ length, netmask, network, broadcast }) => {
    const host = address.parseIpv4('192.168.7.130');
    expect(address.formatIpv4(address.netmask(length))).toBe(netmask);
    expect(address.formatIpv4(address.network(host, length))).toBe(network);
    expect(address.formatIpv4(address.broadcast(host, length))).toBe(broadcast);
  });
});

describe('MAC', () => {
  test('parseMac() and formatMac() are inverse', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffffffff), (hi, lo) => {
        expect(address.parseMac(address.formatMac(hi, lo))).toEqual({ hi, lo });
      }),
    );
  });

  test('is written in lower case with all zeros', () => {
    expect(address.formatMac(0x02fc, 1)).toBe('02:fc:00:00:00:01');
    expect(address.formatMac(0, 0)).toBe('00:00:00:00:00:00');
    expect(address.parseMac('02:FC:00:00:00:0A')).toEqual({ hi: 0x02fc, lo: 10 });
  });

  test.each([
    '',
    '02:fc:00:00:00',
    '02:fc:00:00:00:01:02',
    '02-fc-00-00-00-01',
    '2:fc:0:0:0:1',
    '02:fc:00:00:00:0g',
    ' 02:fc:00:00:00:01',
    '02:fc:00:00:00:01\n',
    '02fc.0000.0001',
  ])('refuses %j', (text) => {
    expect(thrown(() => address.parseMac(text))).toMatchObject({
      code: 'EVL_ADDRESS',
      exit: Exit.Usage,
      message: `argument "${text}" is wrong: not a MAC address`,
    });
  });
});

test.each([
  ['223.255.255.255', false],
  ['224.0.0.0', true],
  ['239.255.255.255', true],
  ['240.0.0.0', false],
])('isMulticast() of %s is %s', (text, is) => {
  expect(address.isMulticast(address.parseIpv4(text))).toBe(is);
});
