// RFC 792, ICMP for IPv4; echo as RFC 1122 §3.2.2.6. `at` is its first octet, `end` the end of the IPv4 packet.
//
//  0      1      2          4            6          8
//  | type | code | checksum | identifier | sequence | payload     (echo, echo reply)
import { Drop } from '../drop.js';
import * as checksum from './checksum.js';

// Constants of this file's own: the engine folds them, while it loads and checks an import at every use.
const { None, IcmpMalformed, IcmpBadChecksum } = Drop;
const { sum } = checksum;

export const HEADER_LENGTH = 8;
export const Type = {
  EchoReply: 0,
  DestinationUnreachable: 3,
  SourceQuench: 4,
  Redirect: 5,
  Echo: 8,
  TimeExceeded: 11,
  ParameterProblem: 12,
  Timestamp: 13,
  TimestampReply: 14,
} as const;
/** NR_ICMP_TYPES of Linux: of what is beyond, nobody knows whether it is an error. */
const MAX_TYPE = 18;

export const Code = {
  ProtocolUnreachable: 2,
  PortUnreachable: 3,
  FragmentationNeeded: 4,
  ReassemblyTime: 1,
} as const;

const CODE = 1;
const CHECKSUM = 2;
const IDENTIFIER = 4;
const SEQUENCE = 6;
/** Of a timestamp message: when the sender sent it, the receiver got it, and sent it back. */
const ORIGINATED = 8;
const RECEIVED = 12;
const TRANSMITTED = 16;
export const TIMESTAMP_LENGTH = 20;
/** What Linux wants of a timestamp request. */
export const MIN_TIMESTAMP_LENGTH = ORIGINATED + 4;
/** What the sum loses when type 8 becomes 0, as RFC 1624's ~m. */
const NOT_ECHO = 0xf7ff;

/** A message about a packet, the first octets of which it carries (RFC 1122 §3.2.2). */
export const isError = (type: number): boolean =>
  type === Type.DestinationUnreachable ||
  type === Type.SourceQuench ||
  type === Type.Redirect ||
  type === Type.TimeExceeded ||
  type === Type.ParameterProblem;

export const type = (v: DataView, at: number): number => v.getUint8(at);
export const code = (v: DataView, at: number): number => v.getUint8(at + CODE);
/** What is behind the checksum: of a redirect the gateway, of a parameter problem the pointer in its first octet. */
export const rest = (v: DataView, at: number): number => v.getUint32(at + IDENTIFIER);
/** RFC 1191 §4, of FragmentationNeeded: octets of the longest packet; 0 where the router does not say. */
export const nextHopMtu = (v: DataView, at: number): number => v.getUint16(at + SEQUENCE);
/** Not an error, nor of a type that may be one: RFC 1122 §3.2.2 forbids to answer those with an error. As Linux has it: echo, timestamp and what is behind. */
export const isQuery = (v: DataView, at: number): boolean => {
  const of = v.getUint8(at);
  return of === Type.EchoReply || of === Type.Echo || (of >= Type.Timestamp && of <= MAX_TYPE);
};
export const messageChecksum = (v: DataView, at: number): number => v.getUint16(at + CHECKSUM);
export const identifier = (v: DataView, at: number): number => v.getUint16(at + IDENTIFIER);
export const sequence = (v: DataView, at: number): number => v.getUint16(at + SEQUENCE);

/** 0 if the header lies before `end` and the checksum over `at`..`end` is right. */
export const check = (v: DataView, at: number, end: number): Drop =>
  end - at < HEADER_LENGTH ? IcmpMalformed : sum(v, at, end) !== 0xffff ? IcmpBadChecksum : None;

/**
 * Turns a checked echo request into its reply: type 8 becomes 0, the checksum follows by RFC 1624, the rest stays
 * (RFC 1122 §3.2.2.6: the data must come back as it was). Linux 6.18 answers any code and sends it back; its IPv4 header keeps
 * all 8 bits of TOS, has TTL 64, DF clear whatever the request had, and an identification of its own, never 0 for being small.
 * A reply of zeros goes out from Linux with the checksum 0x0000, which is wrong (ping says so); ours has 0xffff.
 */
export const reply = (v: DataView, at: number, end: number): void => {
  v.setUint8(at, Type.EchoReply);
  const total = (~v.getUint16(at + CHECKSUM) & 0xffff) + NOT_ECHO;
  const next = ~((total & 0xffff) + (total >>> 16)) & 0xffff;
  v.setUint16(at + CHECKSUM, next === 0 && isZero(v, at, end) ? 0xffff : next);
};

/** Is all after the checksum zero? Then the reply's sum is 0, not 0xffff, and the update cannot tell (a code would have shown). */
function isZero(v: DataView, at: number, end: number): boolean {
  for (let i = at + IDENTIFIER; i < end; i++) if (v.getUint8(i) !== 0) return false;
  return true;
}

export interface EchoFields {
  type: number;
  code?: number;
  identifier: number;
  sequence: number;
}

/** Writes an echo header with the checksum over `at`..`end`; the payload must be there already. */
export const write = (v: DataView, at: number, end: number, fields: EchoFields): void => {
  writeEcho(v, at, end, fields.type, fields.identifier, fields.sequence);
  if (fields.code === undefined) return;
  v.setUint8(at + CODE, fields.code);
  v.setUint16(at + CHECKSUM, 0);
  v.setUint16(at + CHECKSUM, checksum.compute(v, at, end));
};

/** The same with code 0, without an object. */
export const writeEcho = (
  v: DataView,
  at: number,
  end: number,
  type: number,
  identifier: number,
  sequence: number,
): void => {
  v.setUint16(at, type << 8);
  v.setUint16(at + CHECKSUM, 0);
  v.setUint16(at + IDENTIFIER, identifier);
  v.setUint16(at + SEQUENCE, sequence);
  v.setUint16(at + CHECKSUM, checksum.compute(v, at, end));
};

/**
 * Writes the header of an error with the checksum over `at`..`end`; the packet that it quotes must be there already. `pointer`: the octet of that
 * which a parameter problem tells of.
 */
export const writeError = (
  v: DataView,
  at: number,
  end: number,
  type: number,
  code: number,
  pointer = 0,
): void => {
  v.setUint8(at, type);
  v.setUint8(at + CODE, code);
  v.setUint16(at + CHECKSUM, 0);
  v.setUint32(at + IDENTIFIER, 0);
  v.setUint8(at + IDENTIFIER, pointer);
  v.setUint16(at + CHECKSUM, checksum.compute(v, at, end));
};

/**
 * Turns a checked timestamp request into its reply with the time of now, in milliseconds since midnight UT, as received and as sent, whatever
 * the request has there (icmp_timestamp() of Linux). It is TIMESTAMP_LENGTH octets, of which the request need not have all.
 */
export const replyTimestamp = (v: DataView, at: number, milliseconds: number): void => {
  v.setUint8(at, Type.TimestampReply);
  v.setUint8(at + CODE, 0);
  v.setUint32(at + RECEIVED, milliseconds);
  v.setUint32(at + TRANSMITTED, milliseconds);
  v.setUint16(at + CHECKSUM, 0);
  v.setUint16(at + CHECKSUM, checksum.compute(v, at, at + TIMESTAMP_LENGTH));
};
