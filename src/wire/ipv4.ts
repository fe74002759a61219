// RFC 791 §3.1, the IPv4 header, validated as RFC 1122 §3.2.1 asks. `at` is its first octet.
//
//  0        1     2              4    6                 8     9          10         12       16            20
//  | ver ihl | tos | total length | id | flags, fragment | ttl | protocol | checksum | source | destination | options
import { Drop } from '../drop.js';
import * as checksum from './checksum.js';

// Constants of this file's own: the engine folds them, while it loads and checks an import at every use.
const { None, Ipv4Malformed, Ipv4BadVersion, Ipv4BadIhl, Ipv4BadChecksum, Ipv4BadLength } = Drop;
const { sum, fold, update } = checksum;

export const MIN_HEADER_LENGTH = 20;
export const Protocol = { Icmp: 1, Igmp: 2, Tcp: 6, Udp: 17 } as const;
/** RFC 1700, Linux net.ipv4.ip_default_ttl. */
export const DEFAULT_TTL = 64;

const TOS = 1;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;
const RESERVED_MASK = 0x8000;
const DONT_FRAGMENT_MASK = 0x4000;
const MORE_FRAGMENTS_MASK = 0x2000;
const FRAGMENT_OFFSET_MASK = 0x1fff;

export const version = (v: DataView, at: number): number => v.getUint8(at) >> 4;
export const headerLength = (v: DataView, at: number): number => (v.getUint8(at) & 0x0f) << 2;
export const tos = (v: DataView, at: number): number => v.getUint8(at + TOS);
/** Octets of header and payload; what the frame holds after them is padding. */
export const totalLength = (v: DataView, at: number): number => v.getUint16(at + TOTAL_LENGTH);
export const identification = (v: DataView, at: number): number => v.getUint16(at + IDENTIFICATION);
export const isReserved = (v: DataView, at: number): boolean =>
  (v.getUint16(at + FRAGMENT) & RESERVED_MASK) !== 0;
export const isDontFragment = (v: DataView, at: number): boolean =>
  (v.getUint16(at + FRAGMENT) & DONT_FRAGMENT_MASK) !== 0;
export const isMoreFragments = (v: DataView, at: number): boolean =>
  (v.getUint16(at + FRAGMENT) & MORE_FRAGMENTS_MASK) !== 0;
/** In octets. */
export const fragmentOffset = (v: DataView, at: number): number =>
  (v.getUint16(at + FRAGMENT) & FRAGMENT_OFFSET_MASK) << 3;
export const isFragment = (v: DataView, at: number): boolean =>
  (v.getUint16(at + FRAGMENT) & (MORE_FRAGMENTS_MASK | FRAGMENT_OFFSET_MASK)) !== 0;
export const ttl = (v: DataView, at: number): number => v.getUint8(at + TTL);
export const protocol = (v: DataView, at: number): number => v.getUint8(at + PROTOCOL);
export const headerChecksum = (v: DataView, at: number): number => v.getUint16(at + CHECKSUM);
export const source = (v: DataView, at: number): number => v.getUint32(at + SOURCE);
export const destination = (v: DataView, at: number): number => v.getUint32(at + DESTINATION);
/** The same with a sign, for where only their bits count: beyond 31 bits an unsigned one is boxed by each call that returns or takes it. */
export const sourceBits = (v: DataView, at: number): number => v.getInt32(at + SOURCE);
export const destinationBits = (v: DataView, at: number): number => v.getInt32(at + DESTINATION);

/** The setters leave the header checksum to the caller: `updateChecksum`, or `writeChecksum` once at the end. */
export const setHeaderLength = (v: DataView, at: number, length: number): void =>
  v.setUint8(at, 0x40 | (length >> 2));
export const setTos = (v: DataView, at: number, value: number): void => v.setUint8(at + TOS, value);
export const setTotalLength = (v: DataView, at: number, length: number): void =>
  v.setUint16(at + TOTAL_LENGTH, length);
export const setIdentification = (v: DataView, at: number, value: number): void =>
  v.setUint16(at + IDENTIFICATION, value);
/** No fragment, with or without DF; the reserved bit is cleared. */
export const setDontFragment = (v: DataView, at: number, dontFragment: boolean): void =>
  v.setUint16(at + FRAGMENT, dontFragment ? DONT_FRAGMENT_MASK : 0);
/** `offset` in octets, a multiple of eight; DF and the reserved bit are cleared. */
export const setFragment = (v: DataView, at: number, offset: number, moreFragments: boolean): void =>
  v.setUint16(at + FRAGMENT, (offset >> 3) | (moreFragments ? MORE_FRAGMENTS_MASK : 0));
export const setTtl = (v: DataView, at: number, value: number): void => v.setUint8(at + TTL, value);
export const setProtocol = (v: DataView, at: number, value: number): void => v.setUint8(at + PROTOCOL, value);
export const setSource = (v: DataView, at: number, address: number): void =>
  v.setUint32(at + SOURCE, address);
export const setDestination = (v: DataView, at: number, address: number): void =>
  v.setUint32(at + DESTINATION, address);

/** checksum.sum of 20 octets, without its loop: this is done for every packet. */
const sumOfMinHeader = (v: DataView, at: number): number =>
  fold(
    v.getUint32(at) + v.getUint32(at + 4) + v.getUint32(at + 8) + v.getUint32(at + 12) + v.getUint32(at + 16),
  );

/**
 * 0 if header and payload lie before `end` and the header checksum is right, in the order of Linux ip_rcv_core().
 * TTL is not looked at: RFC 1122 §3.2.1.7 forbids a host to drop for it. Addresses are the stack's to judge.
 */
export const check = (v: DataView, at: number, end: number): Drop => {
  const room = end - at;
  if (room < MIN_HEADER_LENGTH) return Ipv4Malformed;
  // Version, IHL, TOS and total length.
  const first = v.getInt32(at);
  if (first >>> 28 !== 4) return Ipv4BadVersion;
  const header = (first >>> 22) & 0x3c;
  if (header < MIN_HEADER_LENGTH || header > room) return Ipv4BadIhl;
  if ((header === MIN_HEADER_LENGTH ? sumOfMinHeader(v, at) : sum(v, at, at + header)) !== 0xffff)
    return Ipv4BadChecksum;
  const total = first & 0xffff;
  return total < header || total > room ? Ipv4BadLength : None;
};

/**
 * Can the address be one host's? RFC 1122 §3.2.1.3 drops what comes from another; the set is that of Linux, to which since
 * 5.3 the rest of 0.0.0.0/8 and since 2.6.25 240.0.0.0/4 are hosts. The subnet's broadcast address is the caller's to know.
 */
export const isUnicast = (address: number): boolean =>
  address !== 0 && address >>> 0 !== 0xffff_ffff && address >>> 24 !== 127 && address >>> 28 !== 0xe;

/** Source and destination change places; the header checksum stays right. */
export const reverse = (v: DataView, at: number): void => {
  const source = v.getUint32(at + SOURCE);
  v.setUint32(at + SOURCE, v.getUint32(at + DESTINATION));
  v.setUint32(at + DESTINATION, source);
};

/** Computes the header checksum anew, over as many octets as the IHL says. */
export const writeChecksum = (v: DataView, at: number): void => {
  v.setUint16(at + CHECKSUM, 0);
  v.setUint16(at + CHECKSUM, checksum.compute(v, at, at + headerLength(v, at)));
};

/** Brings the header checksum up to date after one 16-bit word of the header went from `before` to `after`. */
export const updateChecksum = (v: DataView, at: number, before: number, after: number): void => {
  v.setUint16(at + CHECKSUM, trueChecksum(update(v.getUint16(at + CHECKSUM), before, after)));
};

/** A header is never all zero, so its one true checksum is never 0xffff; a sender's 0xffff for 0 must not live on. */
const trueChecksum = (checksum: number): number => (checksum === 0xffff ? 0 : checksum);

/** Another TTL, and the header checksum with it. */
export const replaceTtl = (v: DataView, at: number, value: number): void => {
  // TTL, protocol and checksum are one word.
  const word = v.getInt32(at + TTL);
  const after = (value << 8) | ((word >>> 16) & 0xff);
  const next = update(word & 0xffff, word >>> 16, after);
  v.setInt32(at + TTL, (after << 16) | trueChecksum(next));
};

/** Writes a header without options, with its checksum: numbers instead of an object, for where packets are made one after the other. */
export const writePlain = (
  v: DataView,
  at: number,
  tos: number,
  totalLength: number,
  identification: number,
  flagsAndFragment: number,
  ttl: number,
  protocol: number,
  source: number,
  destination: number,
): void => {
  v.setInt32(at, 0x4500_0000 | (tos << 16) | totalLength);
  v.setInt32(at + IDENTIFICATION, (identification << 16) | flagsAndFragment);
  v.setInt32(at + TTL, (ttl << 24) | (protocol << 16));
  v.setUint32(at + SOURCE, source);
  v.setUint32(at + DESTINATION, destination);
  v.setUint16(at + CHECKSUM, ~sumOfMinHeader(v, at) & 0xffff);
};

/** For `writePlain`. `offset` in octets, a multiple of eight. */
export const DONT_FRAGMENT = DONT_FRAGMENT_MASK;
export const fragmentWord = (offset: number, moreFragments: boolean): number =>
  (offset >> 3) | (moreFragments ? MORE_FRAGMENTS_MASK : 0);

export interface Ipv4Fields {
  /** Octets, 20 to 60; the options are the caller's to write, before. Default 20. */
  headerLength?: number;
  tos?: number;
  totalLength: number;
  identification?: number;
  dontFragment?: boolean;
  ttl?: number;
  protocol: number;
  source: number;
  destination: number;
}

/** Writes a header with its checksum. */
export const write = (v: DataView, at: number, fields: Ipv4Fields): void => {
  setHeaderLength(v, at, fields.headerLength ?? MIN_HEADER_LENGTH);
  setTos(v, at, fields.tos ?? 0);
  setTotalLength(v, at, fields.totalLength);
  setIdentification(v, at, fields.identification ?? 0);
  setDontFragment(v, at, fields.dontFragment ?? false);
  setTtl(v, at, fields.ttl ?? DEFAULT_TTL);
  setProtocol(v, at, fields.protocol);
  setSource(v, at, fields.source);
  setDestination(v, at, fields.destination);
  writeChecksum(v, at);
};
