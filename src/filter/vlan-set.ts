// The set of out-of-band VLANs: 4096 bits, written and read as EVL's /sys/class/evl/net/vlans (the kernel's bitmap lists).
import { type EvlnetError, usage } from '../errors.js';

const VID_COUNT = 4096;
const LAST_VID = VID_COUNT - 1;

/** One bit a VID, 32 to a word. A value: the functions here make new ones and change none. */
export type VlanSet = Readonly<Uint32Array>;

/** A run of VIDs in the keys of `bridge -j vlan`; a run of one has no vlanEnd. */
export interface VlanRange {
  vlan: number;
  vlanEnd?: number;
}

export const emptyVlanSet = (): VlanSet => new Uint32Array(VID_COUNT / 32);

/**
 * Reads `42-45,100`, `2-100:1/2` (the first of every two), `all`, `N` (4095) as bitmap_parselist(); nothing is the empty set.
 * A new line is white space here, where the kernel stops reading. Throws EVL_VLAN_LIST that names the word and the reason;
 * a list that would hold 0, 1 or 4095 is refused, as in EVL.
 */
export function parseVlanList(text: string): VlanSet {
  const words = new Uint32Array(VID_COUNT / 32);
  for (const word of text.split(/[\s,]+/)) {
    if (word === '') continue;
    const { first, last, used, group } = checkRegion(word, parseRegion(word));
    for (let start = first; start <= last; start += group) {
      const stop = Math.min(start + used - 1, last);
      for (let vid = start; vid <= stop; vid++) {
        const reason = RESERVED.get(vid);
        if (reason !== undefined) throw wrong(word, `VLAN ${vid} ${reason}`, 'use VIDs from 2 to 4094');
        words[vid >>> 5]! |= 1 << (vid & 31);
      }
    }
  }
  return words;
}

/** The canonical list, `42-45,100,107`; '' for the empty set. */
export const formatVlanList = (set: VlanSet): string =>
  ranges(set)
    .map(({ vlan, vlanEnd }) => (vlanEnd === undefined ? `${vlan}` : `${vlan}-${vlanEnd}`))
    .join(',');

export const has = (set: VlanSet, vid: number): boolean => ((set[vid >>> 5] ?? 0) & (1 << (vid & 31))) !== 0;

export const union = (a: VlanSet, b: VlanSet): VlanSet => a.map((word, i) => word | b[i]!);

export const difference = (a: VlanSet, b: VlanSet): VlanSet => a.map((word, i) => word & ~b[i]!);

/** The VIDs, ascending. */
export const vids = (set: VlanSet): number[] =>
  Array.from({ length: VID_COUNT }, (_, vid) => vid).filter((vid) => has(set, vid));

/** The runs of neighbouring VIDs, ascending. */
export function ranges(set: VlanSet): VlanRange[] {
  const runs: VlanRange[] = [];
  for (const vid of vids(set)) {
    const run = runs.at(-1);
    if (run !== undefined && (run.vlanEnd ?? run.vlan) === vid - 1) run.vlanEnd = vid;
    else runs.push({ vlan: vid });
  }
  return runs;
}

/** `used` VIDs of every `group` from first to last. */
interface Region {
  first: number;
  last: number;
  used: number;
  group: number;
}

const RESERVED = new Map([
  [0, 'is reserved: it marks a frame without a VLAN'],
  [1, "is reserved: it is a switch's own VLAN"],
  [LAST_VID, 'is reserved by 802.1Q'],
]);

const REGION =
  /^(?:(?:[aA][lL][lL]|(?<first>\d+|N)-(?<last>\d+|N))(?::(?<used>\d+|N)\/(?<group>\d+|N))?|(?<only>\d+|N))$/;

function parseRegion(word: string): Region {
  const groups = REGION.exec(word)?.groups;
  if (groups === undefined) throw wrong(word, 'not a VLAN list', 'write it as 42-45,100 or 2-100:1/2');
  const number = (digits: string): number => {
    const value = digits === 'N' ? LAST_VID : Number(digits);
    if (value > 0xffff_ffff) throw wrong(word, `number ${digits} is too large`, 'use VIDs from 2 to 4094');
    return value;
  };
  const first = number(groups.only ?? groups.first ?? '0');
  const last = number(groups.only ?? groups.last ?? 'N');
  if (groups.used === undefined || groups.group === undefined)
    return { first, last, used: last + 1, group: last + 1 };
  return { first, last, used: number(groups.used), group: number(groups.group) };
}

function checkRegion(word: string, region: Region): Region {
  const { first, last, used, group } = region;
  if (first > last) throw wrong(word, 'range is backwards', `write ${last}-${first}`);
  if (group === 0) throw wrong(word, 'the group is empty', 'write a group of 1 or more after the slash');
  if (used > group)
    throw wrong(word, `${used} of every ${group} is more than all`, `write at most ${group}/${group}`);
  if (last > LAST_VID) throw wrong(word, `VLAN ${last} does not exist`, 'use VIDs from 2 to 4094');
  return region;
}

const wrong = (word: string, reason: string, hint: string): EvlnetError =>
  usage('EVL_VLAN_LIST', `argument "${word}" is wrong: ${reason}`, hint);
