import { describe, expect, test } from '@jest/globals';
import { Drop } from '../../src/drop.js';
import * as ethernet from '../../src/wire/ethernet.js';
import { buildFrame, octets } from '../build-frame.js';
import { place } from './place.js';

const FRAME = buildFrame({
  destination: '01:02:83:84:85:86',
  source: '91:12:f3:14:15:16',
  ethertype: 0x88a4,
});

test('accessors read two numbers an address, unsigned', () => {
  const { view, at } = place(FRAME, 1);
  expect(ethernet.destinationHi(view, at)).toBe(0x0102);
  expect(ethernet.destinationLo(view, at)).toBe(0x83848586);
  expect(ethernet.sourceHi(view, at)).toBe(0x9112);
  expect(ethernet.sourceLo(view, at)).toBe(0xf3141516);
  expect(ethernet.ethertype(view, at)).toBe(0x88a4);
});

test('setters write what the accessors read, and nothing else', () => {
  const frame = place(new Uint8Array(14));
  ethernet.setDestination(frame.view, frame.at, 0x0102, 0x83848586);
  ethernet.setSource(frame.view, frame.at, 0x9112, 0xf3141516);
  ethernet.setEthertype(frame.view, frame.at, 0x88a4);
  expect(frame.octets()).toEqual(FRAME);
  expect(frame.isNoiseIntact()).toBe(true);
});

test('check() wants a whole header', () => {
  const { view, at } = place(FRAME);
  expect(ethernet.check(view, at, at + 13)).toBe(Drop.FrameMalformed);
  expect(ethernet.check(view, at, at + 14)).toBe(Drop.None);
});

test('swapAddresses() exchanges them and leaves the rest', () => {
  const frame = place(FRAME);
  ethernet.swapAddresses(frame.view, frame.at);
  expect(frame.octets()).toEqual(octets('9112f3141516 010283848586 88a4'));
  expect(frame.isNoiseIntact()).toBe(true);
});

test('copyAddress() copies six octets', () => {
  const frame = place(FRAME);
  ethernet.copyAddress(frame.view, frame.at + 6, frame.at);
  expect(frame.octets()).toEqual(octets('9112f3141516 9112f3141516 88a4'));
});

describe('the kinds of address', () => {
  const cases = [
    { name: 'one host', destination: '02:fc:00:00:00:01', isGroup: false, isBroadcast: false },
    { name: 'multicast', destination: '01:00:5e:00:00:01', isGroup: true, isBroadcast: false },
    { name: 'broadcast', destination: 'ff:ff:ff:ff:ff:ff', isGroup: true, isBroadcast: true },
    {
      name: 'broadcast but for the first octet',
      destination: 'fd:ff:ff:ff:ff:ff',
      isGroup: true,
      isBroadcast: false,
    },
    {
      name: 'broadcast but for the last octet',
      destination: 'ff:ff:ff:ff:ff:fe',
      isGroup: true,
      isBroadcast: false,
    },
  ];
  test.each(cases)('$name', ({ destination, isGroup, isBroadcast }) => {
    const { view, at } = place(buildFrame({ destination }));
    expect(ethernet.isGroup(view, at)).toBe(isGroup);
    expect(ethernet.isBroadcast(view, at)).toBe(isBroadcast);
    expect(ethernet.isGroupSource(view, at)).toBe(false);
  });

  test('isGroupSource() looks at the source alone', () => {
    const { view, at } = place(FRAME);
    expect(ethernet.isGroupSource(view, at)).toBe(true);
  });

  test('isDestination() compares both numbers', () => {
    const { view, at } = place(FRAME);
    expect(ethernet.isDestination(view, at, 0x0102, 0x83848586)).toBe(true);
    expect(ethernet.isDestination(view, at, 0x0103, 0x83848586)).toBe(false);
    expect(ethernet.isDestination(view, at, 0x0102, 0x83848587)).toBe(false);
  });
});
