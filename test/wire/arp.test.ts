import { describe, expect, test } from '@jest/globals';
import { Drop } from '../../src/drop.js';
import { parseIpv4 } from '../../src/wire/address.js';
import * as arp from '../../src/wire/arp.js';
import { buildFrame, ISSUER, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { place } from './place.js';

const L3 = 14;
const HI = 0x02fc;
const LO = 0x0000_0001;
const OWN = parseIpv4(RESPONDER.address);

/** The ARP packet of a frame, in place. */
const placeArp = (fields: Parameters<typeof buildFrame>[0], offset = 0) => {
  const frame = place(buildFrame(fields), offset);
  return { ...frame, l3: frame.at + L3 };
};

test('accessors read a request', () => {
  const { view, l3 } = placeArp({ arp: { sender: 'f2:fc:f0:00:00:02', target: '82:00:80:00:00:01' } }, 1);
  expect(arp.operation(view, l3)).toBe(arp.Operation.Request);
  expect([arp.senderHi(view, l3), arp.senderLo(view, l3)]).toEqual([0xf2fc, 0xf0000002]);
  expect([arp.targetHi(view, l3), arp.targetLo(view, l3)]).toEqual([0x8200, 0x80000001]);
  expect(arp.senderAddress(view, l3)).toBe(0x0a0a0a0a);
  expect(arp.targetAddress(view, l3)).toBe(0x0a0a0a0b);
});

describe('check()', () => {
  test.each([
    { name: 'a request', octet: 7, value: 1, want: Drop.None },
    { name: 'a reply', octet: 7, value: 2, want: Drop.None },
    { name: 'RARP', octet: 7, value: 3, want: Drop.ArpMalformed },
    { name: 'another hardware type', octet: 1, value: 6, want: Drop.ArpMalformed },
    { name: 'another protocol type', octet: 2, value: 0x86, want: Drop.ArpMalformed },
    { name: 'hardware addresses of 8 octets', octet: 4, value: 8, want: Drop.ArpMalformed },
    { name: 'protocol addresses of 16 octets', octet: 5, value: 16, want: Drop.ArpMalformed },
  ])('$name', ({ octet, value, want }) => {
    const { view, l3, end } = placeArp({ arp: {}, padTo: 60 });
    view.setUint8(l3 + octet, value);
    expect(arp.check(view, l3, end)).toBe(want);
  });

  test('wants 28 octets and no more', () => {
    const { view, l3 } = placeArp({ arp: {} });
    expect(arp.check(view, l3, l3 + 28)).toBe(Drop.None);
    expect(arp.check(view, l3, l3 + 27)).toBe(Drop.ArpMalformed);
  });
});

describe('isProbe() and isAnnouncement()', () => {
  test.each([
    { name: 'a request', fields: {}, isProbe: false, isAnnouncement: false },
    { name: 'a probe', fields: { senderAddress: '0.0.0.0' }, isProbe: true, isAnnouncement: false },
    {
      name: 'a reply from 0.0.0.0',
      fields: { senderAddress: '0.0.0.0', operation: 2 },
      isProbe: false,
      isAnnouncement: false,
    },
    {
      name: 'an announcement',
      fields: { senderAddress: '10.10.10.11' },
      isProbe: false,
      isAnnouncement: true,
    },
    {
      name: 'a gratuitous reply',
      fields: { senderAddress: '10.10.10.11', operation: 2 },
      isProbe: false,
      isAnnouncement: true,
    },
    {
      name: 'nothing of 0.0.0.0',
      fields: { senderAddress: '0.0.0.0', targetAddress: '0.0.0.0' },
      isProbe: true,
      isAnnouncement: false,
    },
  ])('$name', ({ fields, isProbe, isAnnouncement }) => {
    const { view, l3 } = placeArp({ arp: fields });
    expect(arp.isProbe(view, l3)).toBe(isProbe);
    expect(arp.isAnnouncement(view, l3)).toBe(isAnnouncement);
  });
});

test('reply() answers where the request lies', () => {
  const frame = placeArp({ arp: {}, padTo: 60 });
  arp.reply(frame.view, frame.l3, HI, LO, OWN);
  expectFrame(frame.octets()).arp({
    operation: 2,
    sender: RESPONDER.mac,
    senderAddress: RESPONDER.address,
    target: ISSUER.mac,
    targetAddress: ISSUER.address,
  });
  expect(frame.isNoiseIntact()).toBe(true);
});

test('reply() to a probe goes to 0.0.0.0, as Linux sends it', () => {
  const frame = placeArp({ arp: { senderAddress: '0.0.0.0' } });
  arp.reply(frame.view, frame.l3, HI, LO, OWN);
  expectFrame(frame.octets()).arp({
    target: ISSUER.mac,
    targetAddress: '0.0.0.0',
    senderAddress: RESPONDER.address,
  });
});

describe('written from nothing', () => {
  const blank = () => {
    const frame = place([...buildFrame({ ethertype: 0x0806, payload: new Uint8Array(28) })]);
    return { ...frame, l3: frame.at + L3 };
  };

  test('writeRequest()', () => {
    const { view, l3, octets } = blank();
    arp.writeRequest(view, l3, HI, LO, OWN, parseIpv4(ISSUER.address));
    expectFrame(octets()).arp({
      operation: 1,
      sender: RESPONDER.mac,
      senderAddress: RESPONDER.address,
      target: '00:00:00:00:00:00',
      targetAddress: ISSUER.address,
    });
    expect(arp.check(view, l3, l3 + 28)).toBe(Drop.None);
  });

  test('writeAnnouncement()', () => {
    const { view, l3, octets } = blank();
    arp.writeAnnouncement(view, l3, HI, LO, OWN);
    expectFrame(octets()).arp({
      operation: 1,
      sender: RESPONDER.mac,
      senderAddress: RESPONDER.address,
      target: '00:00:00:00:00:00',
      targetAddress: RESPONDER.address,
    });
    expect(arp.isAnnouncement(view, l3)).toBe(true);
  });
});
