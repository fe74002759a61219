// IEEE 802.1Q §9.6, the VLAN tag. `at` is the first octet of the tag, its TPID: octet 12 of the frame for the
// outer tag, TAG_LENGTH further for the inner one of QinQ (802.1ad).
//
//  0      2                    4
//  | TPID | PCP:3 DEI:1 VID:12 | ethertype of what follows
import { Drop } from '../drop.js';

export const TAG_LENGTH = 4;
/** 802.1Q, the customer tag. */
export const TPID_CUSTOMER = 0x8100;
/** 802.1ad, the service tag. */
const TPID_SERVICE = 0x88a8;

const TCI = 2;
const NEXT = 4;
const VID_MASK = 0x0fff;
const DEI_MASK = 0x1000;
const PCP_SHIFT = 13;

export const isTpid = (ethertype: number): boolean =>
  ethertype === TPID_CUSTOMER || ethertype === TPID_SERVICE;

export const tpid = (v: DataView, at: number): number => v.getUint16(at);
export const tci = (v: DataView, at: number): number => v.getUint16(at + TCI);
export const vid = (v: DataView, at: number): number => v.getUint16(at + TCI) & VID_MASK;
export const pcp = (v: DataView, at: number): number => v.getUint16(at + TCI) >> PCP_SHIFT;
export const dei = (v: DataView, at: number): boolean => (v.getUint16(at + TCI) & DEI_MASK) !== 0;
/** The ethertype after the tag; another TPID where tags are stacked. */
export const ethertype = (v: DataView, at: number): number => v.getUint16(at + NEXT);

/** `at + TAG_LENGTH + 2` is where the payload of a tag begins: after the ethertype that follows it. */
export const check = (_v: DataView, at: number, end: number): Drop =>
  end - at < TAG_LENGTH + 2 ? Drop.VlanMalformed : Drop.None;

export const makeTci = (vid: number, pcp = 0, dei = false): number =>
  (pcp << PCP_SHIFT) | (dei ? DEI_MASK : 0) | (vid & VID_MASK);

/** Writes the four octets of a tag; the ethertype after it is the caller's. */
export const write = (v: DataView, at: number, tpid: number, tci: number): void => {
  v.setUint16(at, tpid);
  v.setUint16(at + TCI, tci);
};
