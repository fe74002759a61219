// RFC 1071, the Internet checksum, and RFC 1624, its incremental update.

const TWO_TO_32 = 0x1_0000_0000;

/**
 * One's complement sum of the octets `at`..`end`, 16 bits, network order, not inverted: 0xffff says that a checksum
 * among them is right. At most 65,535 octets, at any alignment.
 *
 * 32-bit words are added, as 2^32 and 2^16 are both 1 in this arithmetic (RFC 1071 §2 (C)), into numbers, which are exact to
 * 2^53. Eight loads a turn through the one DataView were twice as fast as a Uint16Array over the same memory unrolled ×4.
 */
export const sum = (v: DataView, at: number, end: number): number => {
  let total = 0;
  for (const stop = end - 31; at < stop; at += 32) {
    total +=
      v.getUint32(at) +
      v.getUint32(at + 4) +
      v.getUint32(at + 8) +
      v.getUint32(at + 12) +
      (v.getUint32(at + 16) + v.getUint32(at + 20) + v.getUint32(at + 24) + v.getUint32(at + 28));
  }
  if (end - at >= 16) {
    total += v.getUint32(at) + v.getUint32(at + 4) + v.getUint32(at + 8) + v.getUint32(at + 12);
    at += 16;
  }
  for (; at + 4 <= end; at += 4) total += v.getUint32(at);
  if (at + 2 <= end) {
    total += v.getUint16(at);
    at += 2;
  }
  if (at < end) total += v.getUint8(at) << 8;
  return fold(total);
};

/** The checksum over `at`..`end`, whose checksum field holds 0; `initial` is a sum to go on from (pseudo header). */
export const compute = (v: DataView, at: number, end: number, initial = 0): number =>
  ~add(sum(v, at, end), initial) & 0xffff;

/** One's complement sum of two folded sums. */
export const add = (a: number, b: number): number => {
  const total = a + b;
  return (total & 0xffff) + (total >>> 16);
};

/** Brings a sum of 32-bit or 16-bit words, below 2^48, to 16 bits. */
export const fold = (total: number): number => {
  const high = (total / TWO_TO_32) | 0;
  const low = total >>> 0;
  const once = (low & 0xffff) + (low >>> 16) + high;
  return add(once & 0xffff, once >>> 16);
};

/**
 * The checksum after a 16-bit word among its octets changed: RFC 1624 §3, eqn. 3, HC' = ~(~HC + ~m + m'). Exact, but
 * for octets that are now all zero: their checksum is 0xffff and this gives 0 (icmpv4.ts looks; IPv4 cannot be zero).
 */
export const update = (checksum: number, before: number, after: number): number => {
  const total = (~checksum & 0xffff) + (~before & 0xffff) + after;
  const folded = (total & 0xffff) + (total >>> 16);
  return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff;
};
