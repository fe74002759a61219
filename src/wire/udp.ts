// RFC 768, UDP over IPv4, with the rules of RFC 1122 §4.1.3. `at` is its first octet, `end` the end of the IPv4 packet.
//
//  0             2                  4        6          8
//  | source port | destination port | length | checksum | payload
import { Drop } from '../drop.js';
import * as checksum from './checksum.js';
import { Protocol } from './ipv4.js';

export const HEADER_LENGTH = 8;

const DESTINATION_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;

export const sourcePort = (v: DataView, at: number): number => v.getUint16(at);
export const destinationPort = (v: DataView, at: number): number => v.getUint16(at + DESTINATION_PORT);
/** Octets of header and payload. */
export const length = (v: DataView, at: number): number => v.getUint16(at + LENGTH);
export const setLength = (v: DataView, at: number, octets: number): void => v.setUint16(at + LENGTH, octets);
export const datagramChecksum = (v: DataView, at: number): number => v.getUint16(at + CHECKSUM);

/**
 * 0 if the datagram lies before `end` and its checksum is right or absent (0). `source` and `destination` are the
 * IPv4 addresses of the pseudo header, signed or not. A length shorter than the packet is legal, the rest is no datagram's.
 */
export const check = (v: DataView, at: number, end: number, source: number, destination: number): Drop => {
  if (end - at < HEADER_LENGTH) return Drop.UdpMalformed;
  const octets = v.getUint16(at + LENGTH);
  if (octets < HEADER_LENGTH || octets > end - at) return Drop.UdpMalformed;
  // RFC 768: "An all zero transmitted checksum value means that the transmitter generated no checksum".
  if (v.getUint16(at + CHECKSUM) === 0) return Drop.None;
  const pseudo = pseudoHeader(source, destination, octets);
  return checksum.add(checksum.sum(v, at, at + octets), pseudo) === 0xffff ? Drop.None : Drop.UdpBadChecksum;
};

/** For a datagram that goes back to its sender; the checksum stays right. */
export const swapPorts = (v: DataView, at: number): void => {
  const port = v.getUint16(at);
  v.setUint16(at, v.getUint16(at + DESTINATION_PORT));
  v.setUint16(at + DESTINATION_PORT, port);
};

/** Computes the checksum over the datagram at `at`, as long as its length says; 0 is sent as 0xffff (RFC 768). */
export const writeChecksum = (v: DataView, at: number, source: number, destination: number): void => {
  const octets = v.getUint16(at + LENGTH);
  v.setUint16(at + CHECKSUM, 0);
  const value = checksum.compute(v, at, at + octets, pseudoHeader(source, destination, octets));
  v.setUint16(at + CHECKSUM, value === 0 ? 0xffff : value);
};

/** Writes a header in front of a payload that lies elsewhere, or in part: `sum` is that of the payload's octets (checksum.sum). */
export const writeOver = (
  v: DataView,
  at: number,
  sum: number,
  sourcePort: number,
  destinationPort: number,
  length: number,
  source: number,
  destination: number,
): void => {
  v.setInt32(at, (sourcePort << 16) | destinationPort);
  const header = checksum.fold(sum + sourcePort + destinationPort + length);
  const value = ~checksum.add(header, pseudoHeader(source, destination, length)) & 0xffff;
  v.setInt32(at + LENGTH, (length << 16) | (value === 0 ? 0xffff : value));
};

export interface UdpFields {
  sourcePort: number;
  destinationPort: number;
  /** Octets of header and payload; the payload must be there already. */
  length: number;
  source: number;
  destination: number;
}

/** Writes a header with its checksum. */
export const write = (v: DataView, at: number, fields: UdpFields): void => {
  v.setUint16(at, fields.sourcePort);
  v.setUint16(at + DESTINATION_PORT, fields.destinationPort);
  v.setUint16(at + LENGTH, fields.length);
  writeChecksum(v, at, fields.source, fields.destination);
};

/** Both addresses, a zero, the protocol and the length of the datagram, summed as 32-bit words. */
const pseudoHeader = (source: number, destination: number, octets: number): number =>
  checksum.fold((source >>> 0) + (destination >>> 0) + Protocol.Udp + octets);
