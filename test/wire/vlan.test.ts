import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Drop } from '../../src/drop.js';
import * as vlan from '../../src/wire/vlan.js';
import { buildFrame } from '../build-frame.js';
import { place } from './place.js';

const OUTER = 12;
const tag = fc.record({
  vid: fc.nat(4095),
  pcp: fc.nat(7),
  dei: fc.boolean(),
  tpid: fc.constantFrom(0x8100, 0x88a8),
});

test('accessors read both tags of QinQ', () => {
  fc.assert(
    fc.property(tag, tag, fc.nat(1), (outer, inner, offset) => {
      const { view, at } = place(buildFrame({ tags: [outer, inner] }), offset);
      for (const [want, here] of [
        [outer, at + OUTER],
        [inner, at + OUTER + vlan.TAG_LENGTH],
      ] as const)
        expect({
          vid: vlan.vid(view, here),
          pcp: vlan.pcp(view, here),
          dei: vlan.dei(view, here),
          tpid: vlan.tpid(view, here),
        }).toEqual(want);
      expect(vlan.ethertype(view, at + OUTER)).toBe(inner.tpid);
      expect(vlan.ethertype(view, at + OUTER + vlan.TAG_LENGTH)).toBe(0x0800);
    }),
  );
});

test('write() and makeTci() make the tag that the accessors read', () => {
  fc.assert(
    fc.property(tag, (fields) => {
      const have = place(new Uint8Array(4));
      vlan.write(have.view, have.at, fields.tpid, vlan.makeTci(fields.vid, fields.pcp, fields.dei));
      expect(have.octets()).toEqual(buildFrame({ tags: [fields] }).slice(OUTER, OUTER + 4));
      expect(vlan.tci(have.view, have.at)).toBe(vlan.makeTci(fields.vid, fields.pcp, fields.dei));
      expect(have.isNoiseIntact()).toBe(true);
    }),
  );
});

test('check() wants the tag and the ethertype after it', () => {
  const { view, at } = place(buildFrame({ tags: [{ vid: 42 }] }));
  expect(vlan.check(view, at + OUTER, at + OUTER + 6)).toBe(Drop.None);
  expect(vlan.check(view, at + OUTER, at + OUTER + 5)).toBe(Drop.VlanMalformed);
});

test('isTpid() knows 802.1Q and 802.1ad, not the TPIDs nobody standardised', () => {
  expect([0x8100, 0x88a8, 0x9100, 0x0800].map(vlan.isTpid)).toEqual([true, true, false, false]);
});
