import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EvlnetError, Exit } from '../../src/errors.js';
import {
  difference,
  emptyVlanSet,
  formatVlanList,
  has,
  parseVlanList,
  ranges,
  union,
  vids,
} from '../../src/filter/vlan-set.js';

const vid = fc.integer({ min: 2, max: 4094 });
const listOf = (list: Iterable<number>) => [...list].join(',');
const members = fc.oneof(
  fc.array(vid, { maxLength: 40, size: 'max' }),
  fc.array(fc.integer({ min: 2, max: 80 }), { maxLength: 60, size: 'max' }),
  fc
    .tuple(vid, fc.nat(300))
    .map(([first, count]) => Array.from({ length: count }, (_, i) => Math.min(first + i, 4094))),
);

describe('parseVlanList()', () => {
  test.each<[list: string, canonical: string]>([
    ['', ''],
    [' \t\n', ''],
    [',', ''],
    ['42', '42'],
    ['42-45,100,107', '42-45,100,107'],
    ['107, 42 43\t44,,45\n100', '42-45,100,107'],
    ['44-45,42-44', '42-45'],
    ['042', '42'],
    ['2-4094', '2-4094'],
    ['42-42', '42'],
    ['2-10:1/2', '2,4,6,8,10'],
    ['2-10:2/3', '2-3,5-6,8-9'],
    ['2-10:3/3', '2-10'],
    ['2-10:0/3', ''],
    ['10-12:5/100', '10-12'],
    ['2-N:1/4094', '2'],
    ['all:0/1', ''],
    ['\n42', '42'],
  ])('%j is %j', (list, canonical) => {
    expect(formatVlanList(parseVlanList(list))).toBe(canonical);
  });

  test.each<[list: string, word: string, reason: string]>([
    ['42-41', '42-41', 'range is backwards'],
    ['100 42-41,43', '42-41', 'range is backwards'],
    ['0', '0', 'VLAN 0 is reserved: it marks a frame without a VLAN'],
    ['42,0-10', '0-10', 'VLAN 0 is reserved: it marks a frame without a VLAN'],
    ['1', '1', "VLAN 1 is reserved: it is a switch's own VLAN"],
    ['4095', '4095', 'VLAN 4095 is reserved by 802.1Q'],
    ['4000-4095', '4000-4095', 'VLAN 4095 is reserved by 802.1Q'],
    ['all', 'all', 'VLAN 0 is reserved: it marks a frame without a VLAN'],
    ['ALL:1/2', 'ALL:1/2', 'VLAN 0 is reserved: it marks a frame without a VLAN'],
    ['N', 'N', 'VLAN 4095 is reserved by 802.1Q'],
    ['2-N', '2-N', 'VLAN 4095 is reserved by 802.1Q'],
    ['4096', '4096', 'VLAN 4096 does not exist'],
    ['2-5000:1/6000', '2-5000:1/6000', 'VLAN 5000 does not exist'],
    ['4294967295', '4294967295', 'VLAN 4294967295 does not exist'],
    ['5000-4999', '5000-4999', 'range is backwards'],
    ['4294967296', '4294967296', 'number 4294967296 is too large'],
    ['99999999999999999999', '99999999999999999999', 'number 99999999999999999999 is too large'],
    ['2-10:2/1', '2-10:2/1', '2 of every 1 is more than all'],
    ['2-10:0/0', '2-10:0/0', 'the group is empty'],
    ['2-10:N/1', '2-10:N/1', '4095 of every 1 is more than all'],
    ...[
      'junk',
      'n',
      '42-',
      '-42',
      '-',
      '42--43',
      '42-43-44',
      '+42',
      '0x2a',
      '42;43',
      '4.2',
      '42:1/2',
      'N:1/2',
      '2-10:',
      '2-10:1',
      '2-10:1/',
      '2-10:/2',
      'all-42',
      'alle',
      '2-n',
    ].map((word): [string, string, string] => [`50 ${word}`, word, 'not a VLAN list']),
  ])('refuses %j', (list, word, reason) => {
    let thrown: unknown;
    try {
      parseVlanList(list);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EvlnetError);
    expect(thrown).toMatchObject({
      code: 'EVL_VLAN_LIST',
      exit: Exit.Usage,
      message: `argument "${word}" is wrong: ${reason}`,
      hint: expect.stringMatching(/^(use|write) /),
    });
  });

  test('the hint for a backwards range is the range', () => {
    expect(() => parseVlanList('42-41')).toThrow(expect.objectContaining({ hint: 'write 41-42' }));
  });

  test('a stride is the first of every group, as a naive model says', () => {
    const small = fc.integer({ min: 2, max: 200 });
    fc.assert(
      fc.property(
        small,
        fc.nat(200),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(40),
        (first, span, group, used) => {
          const last = first + span;
          fc.pre(used <= group);
          const want = [];
          for (let n = first; n <= last; n++) if ((n - first) % group < used) want.push(n);
          expect(vids(parseVlanList(`${first}-${last}:${used}/${group}`))).toEqual(want);
        },
      ),
    );
  });
});

test('a list is read back from its canonical form', () => {
  fc.assert(
    fc.property(members, (list) => {
      const set = parseVlanList(listOf(list));
      expect(parseVlanList(formatVlanList(set))).toEqual(set);
      expect(vids(set)).toEqual([...new Set(list)].sort((a, b) => a - b));
    }),
  );
});

test('union(), difference() and has() are those of sets, and change neither operand', () => {
  fc.assert(
    fc.property(members, members, (a, b) => {
      const [left, right] = [parseVlanList(listOf(a)), parseVlanList(listOf(b))];
      const [before, beside] = [left.slice(), right.slice()];
      expect(vids(union(left, right))).toEqual([...new Set([...a, ...b])].sort((x, y) => x - y));
      expect(vids(difference(left, right))).toEqual(
        [...new Set(a)].filter((v) => !b.includes(v)).sort((x, y) => x - y),
      );
      for (const v of [...a, ...b]) expect(has(right, v)).toBe(b.includes(v));
      expect([left, right]).toEqual([before, beside]);
    }),
  );
});

test('has() is false for what cannot be a VID', () => {
  const set = parseVlanList('2-4094');
  expect([-1, 0, 1, 2, 4094, 4095, 4096, 4098].map((v) => has(set, v))).toEqual([
    false,
    false,
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('ranges() are in the keys of bridge -j', () => {
  expect(ranges(parseVlanList('42-45,100,102-103'))).toEqual([
    { vlan: 42, vlanEnd: 45 },
    { vlan: 100 },
    { vlan: 102, vlanEnd: 103 },
  ]);
  expect(ranges(emptyVlanSet())).toEqual([]);
});
