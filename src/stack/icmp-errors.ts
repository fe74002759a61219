// RFC 792 and RFC 1122 §3.2.2, errors as Linux sends them: net/ipv4/icmp.c __icmp_send(). EVL sends none, and a port only where it is told to.
//
//   | Ethernet, tags: turned round | IPv4, options echoed | type, code, checksum, 0 | the packet as it came, from its IPv4 header on
import { Drop } from '../drop.js';
import { Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import * as ethernet from '../wire/ethernet.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import { copy } from '../wire/octets.js';
import { echoOptions, endBefore, optionProblem } from '../wire/options.js';
import { Identifications } from './identification.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';
import { RateLimit } from './rate-limit.js';
import type { Transmitter } from './transmitter.js';

/** RFC 1812 §4.3.2.3: as much of the packet as fits into what every host must accept. */
const MAX_TOTAL = 576;
/** RFC 1812 §4.3.2.5: precedence internetwork control, and the type of service that the packet had. */
const PRECEDENCE = 0xc0;
const TOS_MASK = 0x1e;
const MS_PER_DAY = 86_400_000;

export class IcmpErrors {
  readonly #out = new Batch(1);
  readonly #limit = new RateLimit();
  readonly #identifications = new Identifications();
  readonly #counts: Float64Array;

  constructor(
    readonly device: Transmitter,
    counters: Counters,
  ) {
    this.#counts = counters.slots;
  }

  /** Tells the sender of `p`, whose packet ends at `packetEnd` and is the caller's still; what is sent leaves with the next flush. */
  send(p: Packet, port: Port, type: number, code: number, pointer = 0): void {
    if (!port.icmpErrors || !isWorthAnError(p)) return;
    const slot = port.slot * SLOT_STRIDE;
    if (!this.#limit.allows(ipv4.sourceBits(p.view, p.l3), p.nowNs)) {
      this.#counts[slot + SlotCounter.IcmpErrorsLimited]! += 1;
      return;
    }
    const out = this.#out;
    if (this.device.reserve(out, 1) === 0) {
      this.#counts[slot + Drop.NoBuffer]! += 1;
      return;
    }
    if (!this.#write(p, port, type, code, pointer)) {
      this.device.release(out);
      return;
    }
    this.#counts[slot + SlotCounter.IcmpErrorsSent]! += 1;
    this.#counts[slot + SlotCounter.TxPackets]! += 1;
    this.#counts[slot + SlotCounter.TxBytes]! += out.length[0]!;
    this.device.transmit(out);
  }

  /** RFC 1122 §3.2.2.5: tells the sender of `p` which octet of its header is wrong, where that is one of its options. */
  sendParameterProblem(p: Packet, port: Port): void {
    const wrong = optionProblem(p.view, p.l3 + ipv4.MIN_HEADER_LENGTH, p.l4);
    if (wrong > 0) this.send(p, port, icmpv4.Type.ParameterProblem, 0, wrong - p.l3);
  }

  /** False where the options cannot be echoed: Linux sends nothing then. */
  #write(p: Packet, port: Port, type: number, code: number, pointer: number): boolean {
    const { view } = this.device.arena;
    const own = ipv4.destination(p.view, p.l3);
    const peer = ipv4.source(p.view, p.l3);
    const start = this.#out.at[0]!;
    const link = p.l3 - p.at;
    // The options are echoed where they would be without being any shorter, and what stands before them moves up to them.
    const options = start + link + ipv4.MIN_HEADER_LENGTH;
    const l4 = options + (p.l4 - p.l3 - ipv4.MIN_HEADER_LENGTH);
    copy(p.view, p.l3 + ipv4.MIN_HEADER_LENGTH, p.l4, view, options);
    if (pointer > 0) endBefore(view, options, l4, options + pointer - ipv4.MIN_HEADER_LENGTH);
    const broadcast = port.broadcasts[port.addresses.indexOf(own)] ?? 0xffff_ffff;
    const length = l4 > options ? echoOptions(view, options, l4, own, Date.now() % MS_PER_DAY, broadcast) : 0;
    if (length < 0) return false;
    const l3 = l4 - length - ipv4.MIN_HEADER_LENGTH;
    const at = l3 - link;
    const quote = l4 + icmpv4.HEADER_LENGTH;
    const end = Math.min(quote + p.packetEnd - p.l3, l3 + MAX_TOTAL);
    copy(p.view, p.at, p.l3, view, at);
    ethernet.copyAddress(view, at + ethernet.ADDRESS_LENGTH, at);
    ethernet.setSource(view, at, port.macHi, port.macLo);
    copy(p.view, p.l3, p.l3 + end - quote, view, quote);
    icmpv4.writeError(view, l4, end, type, code, pointer);
    ipv4.setHeaderLength(view, l3, l4 - l3);
    ipv4.setTos(view, l3, PRECEDENCE | (ipv4.tos(p.view, p.l3) & TOS_MASK));
    ipv4.setTotalLength(view, l3, end - l3);
    ipv4.setIdentification(view, l3, this.#identifications.next(own, peer, ipv4.Protocol.Icmp));
    ipv4.setDontFragment(view, l3, false);
    ipv4.setTtl(view, l3, ipv4.DEFAULT_TTL);
    ipv4.setProtocol(view, l3, ipv4.Protocol.Icmp);
    ipv4.setSource(view, l3, own);
    ipv4.setDestination(view, l3, peer);
    ipv4.writeChecksum(view, l3);
    this.#out.at[0] = at;
    this.#out.length[0] = end - at;
    this.#out.queue[0] = p.queue;
    return true;
  }
}

/** RFC 1122 §3.2.2: never for what went to many, for a fragment but the first, for an error. */
function isWorthAnError(p: Packet): boolean {
  const { view, at, l3, l4 } = p;
  if (p.isGroup || ethernet.isGroup(view, at) || ethernet.isGroupSource(view, at)) return false;
  if (ipv4.fragmentOffset(view, l3) !== 0) return false;
  return ipv4.protocol(view, l3) !== ipv4.Protocol.Icmp || (p.packetEnd > l4 && icmpv4.isQuery(view, l4));
}
