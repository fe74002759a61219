// IEEE 802.3 §3.1.1, the Ethernet header: `at` is the first octet of the frame inside the arena's one DataView.
//
//  0            6            12         14
//  | destination |   source   | ethertype | payload (no FCS: the device has taken it off)
import { Drop } from '../drop.js';

export const HEADER_LENGTH = 14;
export const ADDRESS_LENGTH = 6;
/** The shortest frame a wire carries, without FCS; shorter ones are padded with zeros by the sender. */
export const MIN_FRAME_LENGTH = 60;

export const EtherType = {
  Ipv4: 0x0800,
  Arp: 0x0806,
  Vlan: 0x8100,
  Ipv6: 0x86dd,
  ServiceVlan: 0x88a8,
} as const;

/** The broadcast address as the two numbers of hot code. */
export const BROADCAST_HI = 0xffff;
export const BROADCAST_LO = 0xffff_ffff;

const SOURCE = 6;
const ETHERTYPE = 12;
const GROUP_BIT = 0x01;

export const destinationHi = (v: DataView, at: number): number => v.getUint16(at);
export const destinationLo = (v: DataView, at: number): number => v.getUint32(at + 2);
export const sourceHi = (v: DataView, at: number): number => v.getUint16(at + SOURCE);
export const sourceLo = (v: DataView, at: number): number => v.getUint32(at + SOURCE + 2);
export const ethertype = (v: DataView, at: number): number => v.getUint16(at + ETHERTYPE);

export const setDestination = (v: DataView, at: number, hi: number, lo: number): void => {
  v.setUint16(at, hi);
  v.setUint32(at + 2, lo);
};
export const setSource = (v: DataView, at: number, hi: number, lo: number): void => {
  v.setUint16(at + SOURCE, hi);
  v.setUint32(at + SOURCE + 2, lo);
};
export const setEthertype = (v: DataView, at: number, value: number): void =>
  v.setUint16(at + ETHERTYPE, value);

/** 0 if every accessor above is safe up to `end`. */
export const check = (_v: DataView, at: number, end: number): Drop =>
  end - at < HEADER_LENGTH ? Drop.FrameMalformed : Drop.None;

/** Is the destination a group (multicast or broadcast) address? */
export const isGroup = (v: DataView, at: number): boolean => (v.getUint8(at) & GROUP_BIT) !== 0;
export const isBroadcast = (v: DataView, at: number): boolean =>
  v.getUint32(at + 2) === BROADCAST_LO && v.getUint16(at) === BROADCAST_HI;
/** A group address may never be a source (IEEE 802.3 §3.2.3): a reply to it would go to many. */
export const isGroupSource = (v: DataView, at: number): boolean =>
  (v.getUint8(at + SOURCE) & GROUP_BIT) !== 0;

export const isDestination = (v: DataView, at: number, hi: number, lo: number): boolean =>
  v.getUint32(at + 2) === lo && v.getUint16(at) === hi;

/** Copies one address of six octets; `from` and `to` are the addresses' own offsets. */
export const copyAddress = (v: DataView, from: number, to: number): void => {
  const hi = v.getUint16(from);
  const lo = v.getUint32(from + 2);
  v.setUint16(to, hi);
  v.setUint32(to + 2, lo);
};

export const swapAddresses = (v: DataView, at: number): void => {
  const hi = v.getUint16(at);
  const lo = v.getUint32(at + 2);
  v.setUint16(at, v.getUint16(at + SOURCE));
  v.setUint32(at + 2, v.getUint32(at + SOURCE + 2));
  v.setUint16(at + SOURCE, hi);
  v.setUint32(at + SOURCE + 2, lo);
};
