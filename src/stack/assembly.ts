// One packet of which not all fragments have come: what ip_frag_queue() and ip_frag_reasm() of Linux know of it (net/ipv4/ip_fragment.c).
import { Drop } from '../drop.js';
import * as ipv4 from '../wire/ipv4.js';
import { FragmentMap, Insertion } from './fragment-map.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';

/** An IPv4 header and this are the longest packet. */
export const MAX_PAYLOAD = 0xffff - ipv4.MIN_HEADER_LENGTH;

const { None, FragmentMalformed, FragmentOverlap, FragmentDuplicate } = Drop;
const { Inserted, Duplicate } = Insertion;
const ECN_MASK = 3;
/**
 * The ECN bits of a packet from the set of its fragments', a bit for each codepoint: 1 not-ECT, 2 ECT(1), 4 ECT(0), 8 CE. RFC 3168 §5.3 as
 * ip_frag_ecn_table of Linux: congestion that one met is the packet's; a packet cannot be ECN-capable in part (-1).
 */
const ECN_OF = [0, 0, 0, -1, 0, -1, 0, -1, 0, -1, 3, -1, 3, -1, 3, -1] as const;

export class Assembly {
  /** Undefined while this is free. */
  port: Port | undefined = undefined;
  expiresNs = Number.POSITIVE_INFINITY;
  /** Fragments that came. */
  count = 0;
  /** Octets of payload from the beginning to the end of the last fragment so far, and how many of them are there. */
  length = 0;
  received = 0;
  hasFirst = false;
  hasLast = false;
  /** Octets of the first fragment's IPv4 header, and of all its headers. */
  headerLength = 0;
  headersLength = 0;
  /** Fragments of the same source until the newest of these. */
  newest = 0;
  /** Queue that the first of them came from. */
  queue = 0;
  /** What tells packets apart: RFC 791, and the VLAN. */
  vid = 0;
  #source = 0;
  #destination = 0;
  #identification = 0;
  #protocol = 0;
  #ecn = 0;
  readonly #map = new FragmentMap();

  start(p: Packet, port: Port, expiresNs: number): void {
    const { view, l3 } = p;
    this.port = port;
    this.queue = p.queue;
    this.vid = p.vid;
    this.#source = ipv4.sourceBits(view, l3);
    this.#destination = ipv4.destinationBits(view, l3);
    this.#identification = ipv4.identification(view, l3);
    this.#protocol = ipv4.protocol(view, l3);
    this.restart(expiresNs);
  }

  /** Forgets the fragments, not whose they are. */
  restart(expiresNs: number): void {
    this.expiresNs = expiresNs;
    this.count = 0;
    this.length = 0;
    this.received = 0;
    this.hasFirst = false;
    this.hasLast = false;
    this.#ecn = 0;
    this.#map.clear();
  }

  isOf(p: Packet): boolean {
    const { view, l3 } = p;
    return (
      this.port !== undefined &&
      this.#identification === ipv4.identification(view, l3) &&
      this.#source === ipv4.sourceBits(view, l3) &&
      this.#destination === ipv4.destinationBits(view, l3) &&
      this.#protocol === ipv4.protocol(view, l3) &&
      this.vid === p.vid
    );
  }

  get isWhole(): boolean {
    return this.hasFirst && this.hasLast && this.received === this.length;
  }

  /** ECN bits of the whole; -1 where no packet has such fragments. */
  get ecn(): number {
    return ECN_OF[this.#ecn]!;
  }

  /** Notes the octets `offset`..`end` of the payload. 0, FragmentDuplicate, or why there is no such packet. */
  add(p: Packet, offset: number, end: number, isLast: boolean): Drop {
    if (end === offset || end > MAX_PAYLOAD) return FragmentMalformed;
    if (isLast) {
      if (end < this.length || (this.hasLast && end !== this.length)) return FragmentMalformed;
      this.hasLast = true;
    } else if (end > this.length && this.hasLast) return FragmentMalformed;
    if (end > this.length) this.length = end;
    const insertion = this.#map.insert(offset, end);
    if (insertion !== Inserted) return insertion === Duplicate ? FragmentDuplicate : FragmentOverlap;
    this.count++;
    this.received += end - offset;
    this.#ecn |= 1 << (ipv4.tos(p.view, p.l3) & ECN_MASK);
    if (offset === 0) {
      this.hasFirst = true;
      this.headerLength = p.l4 - p.l3;
      this.headersLength = p.l4 - p.at;
    }
    return None;
  }
}
