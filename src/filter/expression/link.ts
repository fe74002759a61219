// Conditions on the Ethernet header (IEEE 802.3), its tags (802.1Q) and what its type says.
import { ALL_BITS, all, any, type Condition, type Field, not, test } from './condition.js';

/** Where the headers are, after the tags that were asked for so far. */
export interface Layers {
  readonly linkType: number;
  readonly network: number;
}

export const UNTAGGED: Layers = { linkType: 12, network: 14 };
const TAG_LENGTH = 4;

/** The layers behind one more tag. */
export const behindTag = ({ linkType, network }: Layers): Layers => ({
  linkType: linkType + TAG_LENGTH,
  network: network + TAG_LENGTH,
});

export type Direction = 'src' | 'dst' | 'src or dst' | 'src and dst';

const DESTINATION = 0;
const SOURCE = 6;
/** Up to here the field is a length, and IEEE 802.2 follows. */
const LONGEST = 1500;
/** Service access points whose frames carry the same one twice: 802.2 §3.3. */
const PAIRED = new Set([0x06, 0xf0, 0xfe]);
const TPIDS = [0x8100, 0x88a8, 0x9100];

/** The frame is of this ethertype; up to 1500, of this service access point. */
export function linkType(layers: Layers, type: number): Condition {
  const field: Field = { offset: layers.linkType, size: 2, isType: true };
  if (type > LONGEST) return test(field, type);
  const isLength = not(test(field, LONGEST, ALL_BITS, '>'));
  return PAIRED.has(type)
    ? all(isLength, test({ offset: layers.network, size: 2 }, type * 0x101))
    : all(isLength, test({ offset: layers.network, size: 1 }, type));
}

/** The frame has a tag; with `vid`, this one. */
export function vlan(layers: Layers, vid?: number): Condition {
  const tagged = any(...TPIDS.map((tpid) => linkType(layers, tpid)));
  return vid === undefined ? tagged : all(tagged, test({ offset: layers.network, size: 2 }, vid, 0xfff));
}

/** Six octets. */
export function etherAddress(mac: { hi: number; lo: number }, direction: Direction): Condition {
  const at = (offset: number) =>
    all(test({ offset: offset + 2, size: 4 }, mac.lo), test({ offset, size: 2 }, mac.hi));
  return inDirection(direction, at(SOURCE), at(DESTINATION));
}

export const etherBroadcast = (): Condition => etherAddress({ hi: 0xffff, lo: ALL_BITS }, 'dst');

export const etherMulticast = (): Condition => not(test({ offset: DESTINATION, size: 1 }, 0, 1));

export function inDirection(direction: Direction, source: Condition, destination: Condition): Condition {
  switch (direction) {
    case 'src':
      return source;
    case 'dst':
      return destination;
    case 'src or dst':
      return any(source, destination);
    case 'src and dst':
      return all(source, destination);
  }
}
