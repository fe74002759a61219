// Header prediction, as Van Jacobson did for TCP: the one kind of packet that comes in floods is recognized and answered in one go, over
// words in registers. What it is not sure of it does not touch, and the general way (ingress, icmp-responder, egress) decides; a test
// holds the two to the same octets and counters.
//
// The frame as 32-bit words: one tag (IEEE 802.1Q), IPv4 without options (RFC 791), ICMP echo (RFC 792):
//
//   0      1              2      3          4                    5           6                   7           8
//  | dst  | dst ' source | src  | TPID'TCI | ethertype'ver,tos  | length'id | frag'ttl,protocol | sum ' src | src ' dst |
//   9                 10        11
//  | dst ' type,code | sum ' id | sequence ' payload
//
// Words are read as the machine has them, little-endian: a one's complement sum does not care (RFC 1071 §2 (B)), and constants are
// written the other way round, what comes first in the lower half.
import type { Port } from './port.js';

/** The shortest frame that can be one: up to the end of the echo header. */
export const MIN_EXPRESS = 46;
/** Longer packets are summed faster by the general way. */
const MAX_TOTAL = 576;

export const TPID_HALF = 0x0081;
/** Ethertype IPv4, version 4 and IHL 5; whatever the TOS. */
export const IPV4_WORD = 0x0045_0008;
export const IPV4_MASK = 0x00ff_ffff;
const IPV4_AT = 18;
const HEADERS = 28;
/** Protocol ICMP, no fragment; whatever DF and TTL. */
const ICMP_WORD = 0x0100_0000;
const ICMP_MASK = 0xff00_ffbf | 0;
/** TTL 64, ICMP. */
const TTL_HALF = 0x0140;
const ECHO = 8;
/** RFC 1624's ~m + m' where m is the half word of type 8 and m' that of type 0, whatever the code. */
const NOT_ECHO = 0xfff7;

/** VID of a tag's TCI, the upper half of word 3. */
export const vidOfWord = (word: number): number => ((word >>> 8) & 0x0f00) | (word >>> 24);

/** A port's addresses as words of this file. */
export class ExpressAddresses {
  /** Octets 0 to 3 and 4 to 5 of the MAC address, and 0 to 1 and 2 to 5. */
  readonly mac0: number;
  readonly mac4: number;
  readonly mac01: number;
  readonly mac2: number;
  readonly own: number;
  readonly broadcast: number;

  /** For a port with one address. */
  constructor(port: Port) {
    const half = (n: number) => ((n & 0xff) << 8) | ((n >>> 8) & 0xff);
    const word = (high: number, low: number) => half(high) | (half(low) << 16);
    this.mac0 = word(port.macHi, port.macLo >>> 16);
    this.mac4 = half(port.macLo);
    this.mac01 = half(port.macHi);
    this.mac2 = word(port.macLo >>> 16, port.macLo);
    const own = port.addresses[0] ?? 0;
    const broadcast = port.broadcasts[0] ?? 0;
    this.own = word(own >>> 16, own);
    this.broadcast = word(broadcast >>> 16, broadcast);
  }
}

/**
 * Answers the frame of `length` octets at word `w` in place if it is an echo request to this port and nothing about it is unusual.
 * Returns the octets to transmit, or 0: nothing was touched. The caller has looked at words 3 (TPID_HALF) and 4 (IPV4_WORD).
 */
export function answerEcho(words: Int32Array, w: number, length: number, port: ExpressAddresses): number {
  const { own } = port;
  const x1 = words[w + 1]!;
  if (words[w]! !== port.mac0 || (x1 & 0x0001_ffff) !== port.mac4) return 0;
  const x6 = words[w + 6]!;
  const x8 = words[w + 8]!;
  const x9 = words[w + 9]!;
  if ((x6 & ICMP_MASK) !== ICMP_WORD) return 0;
  if (((x8 >>> 16) | (x9 << 16)) !== own || ((x9 >>> 16) & 0xff) !== ECHO) return 0;
  const x5 = words[w + 5]!;
  const total = ((x5 & 0xff) << 8) | ((x5 >>> 8) & 0xff);
  if (total < HEADERS || total > MAX_TOTAL || total > length - IPV4_AT) return 0;
  const x7 = words[w + 7]!;
  const source = (x7 >>> 16) | (x8 << 16);
  const net = source & 0xff;
  if (net === 0 || net === 127 || net >= 224 || source === own || source === port.broadcast) return 0;

  let header = words[w + 4]! >>> 16;
  header += (x5 & 0xffff) + (x5 >>> 16) + (x6 & 0xffff) + (x6 >>> 16) + (x7 & 0xffff) + (x7 >>> 16);
  header += (x8 & 0xffff) + (x8 >>> 16) + (x9 & 0xffff);
  header = (header & 0xffff) + (header >>> 16);
  if (header !== 0xffff) return 0;

  const x10 = words[w + 10]!;
  const end = w + ((IPV4_AT + total) >> 2);
  let message = (x9 >>> 16) + (x10 & 0xffff) + (x10 >>> 16);
  for (let i = w + 11; i < end; i++) {
    const x = words[i]!;
    message += (x & 0xffff) + (x >>> 16);
  }
  const rest = (IPV4_AT + total) & 3;
  if (rest !== 0) {
    const x = words[end]! & ((1 << (rest << 3)) - 1);
    message += (x & 0xffff) + (x >>> 16);
  }
  message = (message & 0xffff) + (message >>> 16);
  if (message !== 0xffff) return 0;

  const icmp = (~x10 & 0xffff) + NOT_ECHO;
  const icmpSum = ~((icmp & 0xffff) + (icmp >>> 16)) & 0xffff;
  // Of the two zeros the general way knows the right one.
  if (icmpSum === 0 || icmpSum === 0xffff) return 0;
  const ip = (~x7 & 0xffff) + (~(x6 >>> 16) & 0xffff) + TTL_HALF;
  const ipFolded = (ip & 0xffff) + (ip >>> 16);
  const ipSum = ~((ipFolded & 0xffff) + (ipFolded >>> 16)) & 0xffff;

  const x2 = words[w + 2]!;
  words[w] = (x1 >>> 16) | (x2 << 16);
  words[w + 1] = (x2 >>> 16) | (port.mac01 << 16);
  words[w + 2] = port.mac2;
  words[w + 6] = (x6 & 0xffff) | (TTL_HALF << 16);
  words[w + 7] = (ipSum === 0xffff ? 0 : ipSum) | (own << 16);
  words[w + 8] = (own >>> 16) | (source << 16);
  words[w + 9] = (source >>> 16) | ((x9 & (0xffff << 16)) ^ (ECHO << 16));
  words[w + 10] = icmpSum | (x10 & (0xffff << 16));
  return IPV4_AT + total;
}
