// Which octets of a packet have come, in the units of eight that fragments begin at (RFC 791 §3.2), one bit each: a fragment costs the
// same whatever came before it, in whatever order. What is a duplicate and what overlaps is decided as Linux does, inet_frag_queue_insert()
// in net/ipv4/inet_fragment.c, by RFC 5722 §4 for IPv4 too: octets are never chosen from two fragments.

const UNITS = 8192;
const WORDS = UNITS / 32;

/** What became of a fragment. */
export const Insertion = {
  Inserted: 0,
  /** All its octets are there already, in one run. */
  Duplicate: 1,
  /** Some are, or all of them in more runs than one. */
  Overlap: 2,
} as const;
export type Insertion = (typeof Insertion)[keyof typeof Insertion];

export class FragmentMap {
  readonly #units = new Int32Array(WORDS);
  /** Where runs begin. A fragment that follows the last octet so far continues its run; Linux joins no others. */
  readonly #starts = new Int32Array(WORDS);
  /** First unit that no fragment reached. */
  #end = 0;

  clear(): void {
    const words = (this.#end + 31) >> 5;
    for (let w = 0; w < words; w++) {
      this.#units[w] = 0;
      this.#starts[w] = 0;
    }
    this.#end = 0;
  }

  /** Notes the octets `offset`..`end`, unless some are there. Only the packet's last fragment may end between units. */
  insert(offset: number, end: number): Insertion {
    const first = offset >> 3;
    const last = (end - 1) >> 3;
    const present = this.#count(this.#units, first, last);
    if (present > 0) {
      const isInside = present === last - first + 1 && this.#count(this.#starts, first + 1, last) === 0;
      return isInside ? Insertion.Duplicate : Insertion.Overlap;
    }
    for (let w = first >> 5; w <= last >> 5; w++) this.#units[w]! |= mask(w, first, last);
    if (first !== this.#end || first === 0) this.#starts[first >> 5]! |= 1 << (first & 31);
    if (last >= this.#end) this.#end = last + 1;
    return Insertion.Inserted;
  }

  /** Bits set among `first`..`last`. */
  #count(words: Int32Array, first: number, last: number): number {
    let count = 0;
    for (let w = first >> 5; w <= last >> 5; w++) {
      let bits = words[w]! & mask(w, first, last);
      for (; bits !== 0; bits &= bits - 1) count++;
    }
    return count;
  }
}

/** The bits of word `w` that lie in `first`..`last`. */
const mask = (w: number, first: number, last: number): number => {
  let bits = -1;
  if (w === first >> 5) bits &= -1 << (first & 31);
  if (w === last >> 5) bits &= -1 >>> (31 - (last & 31));
  return bits;
};
