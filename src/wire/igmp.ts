// RFC 2236 §2, IGMPv2, the messages of RFC 1112 (IGMPv1) included. `at` is the first octet, `end` the end of the IPv4 packet.
//
//  0      1              2          4       8
//  | type | max response | checksum | group | (IGMPv3: more, RFC 3376 §4.1)
import { Drop } from '../drop.js';
import * as checksum from './checksum.js';

export const LENGTH = 8;
export const Type = {
  Query: 0x11,
  ReportV1: 0x12,
  ReportV2: 0x16,
  Leave: 0x17,
} as const;

/** All hosts on the link, who never report it (§3), and all routers, to whom a leave message goes. */
export const ALL_HOSTS = 0xe000_0001;
export const ALL_ROUTERS = 0xe000_0002;

const MAX_RESPONSE = 1;
const CHECKSUM = 2;
const GROUP = 4;

export const type = (v: DataView, at: number): number => v.getUint8(at);
/** In tenths of a second; 0 in a query of IGMPv1, which has no such field. */
export const maxResponse = (v: DataView, at: number): number => v.getUint8(at + MAX_RESPONSE);
/** 0 in a general query. */
export const group = (v: DataView, at: number): number => v.getUint32(at + GROUP);

/** 0 if the message lies before `end` and its checksum, which is over all of the packet's payload (§2.3), is right. */
export const check = (v: DataView, at: number, end: number): Drop => {
  if (end - at < LENGTH) return Drop.IgmpMalformed;
  return checksum.sum(v, at, end) === 0xffff ? Drop.None : Drop.IgmpBadChecksum;
};

/** Writes a message with its checksum. */
export const write = (
  v: DataView,
  at: number,
  messageType: number,
  tenths: number,
  address: number,
): void => {
  v.setUint32(at, (messageType << 24) | (tenths << 16));
  v.setUint32(at + GROUP, address);
  v.setUint16(at + CHECKSUM, checksum.compute(v, at, at + LENGTH));
};
