// RFC 1071, the Internet checksum, and RFC 1624, its incremental update.

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** Where the octet of an even (odd) address stands in a native 16-bit word. */
const EVEN_OCTET = LITTLE_ENDIAN ? 0x00ff : 0xff00;
const ODD_OCTET = LITTLE_ENDIAN ? 0xff00 : 0x00ff;
/** Below this many octets the call and the alignment of the word path cost more than they save (measured). */
const WORD_PATH_LENGTH = 48;

/**
 * One's complement sum of the octets `at`..`end`, 16 bits, network order, not inverted: 0xffff says that a checksum
 * among them is right. At most 65,535 octets. `words` makes it fast: a Uint16Array over the same memory whose
 * element 0 is octet 0 of `v` (an arena begins on a page, so it can have one).
 */
export const sum = (v: DataView, at: number, end: number, words?: Uint16Array): number =>
  words === undefined || end - at < WORD_PATH_LENGTH ? sumOfView(v, at, end) : sumOfWords(words, at, end);

/** The checksum over `at`..`end`, whose checksum field holds 0; `initial` is a sum to go on from (pseudo header). */
export const compute = (v: DataView, at: number, end: number, words?: Uint16Array, initial = 0): number =>
  ~add(sum(v, at, end, words), initial) & 0xffff;

/** One's complement sum of two folded sums. */
export const add = (a: number, b: number): number => {
  const total = a + b;
  return (total & 0xffff) + (total >>> 16);
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

/** Sum of native words; their order of octets is undone once at the end (RFC 1071 §2 (B)). */
function sumOfWords(words: Uint16Array, at: number, end: number): number {
  const isOdd = (at & 1) !== 0;
  let total = isOdd ? words[at >>> 1]! & ODD_OCTET : 0;
  let index = (at + 1) >>> 1;
  const last = end >>> 1;
  // 32,767 words of 0xffff are below 2^31, so plain 32-bit additions suffice.
  for (; index + 4 <= last; index += 4) {
    total = (total + words[index]! + words[index + 1]! + words[index + 2]! + words[index + 3]!) | 0;
  }
  for (; index < last; index++) total = (total + words[index]!) | 0;
  if ((end & 1) !== 0) total = (total + (words[last]! & EVEN_OCTET)) | 0;
  total = fold(total);
  return isOdd === LITTLE_ENDIAN ? total : ((total & 0xff) << 8) | (total >>> 8);
}

function sumOfView(v: DataView, at: number, end: number): number {
  let total = 0;
  for (; at + 4 <= end; at += 4) {
    const word = v.getInt32(at);
    total = (total + (word >>> 16) + (word & 0xffff)) | 0;
  }
  if (at + 2 <= end) {
    total = (total + v.getUint16(at)) | 0;
    at += 2;
  }
  return fold(at < end ? (total + (v.getUint8(at) << 8)) | 0 : total);
}

function fold(total: number): number {
  const once = (total & 0xffff) + (total >>> 16);
  return (once & 0xffff) + (once >>> 16);
}
