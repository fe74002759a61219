// RFC 792 echo and timestamp, by RFC 1122 §3.2.2.6 and §3.2.2.8 and as Linux answers them: net/ipv4/icmp.c icmp_echo(), icmp_timestamp().
import { Drop } from '../drop.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import { replyEcho, replyMessage } from '../stack/egress.js';
import type { Packet } from '../stack/packet.js';
import { type Port, TraceLevel } from '../stack/port.js';
import { type IcmpService, Outcome } from '../stack/service.js';
import type { Tracer } from '../stack/tracer.js';
import * as icmpv4 from '../wire/icmpv4.js';

// What this file needs of others, as constants of its own: the engine folds those into the code, while it loads and checks an import at
// every use.
const STRIDE = SLOT_STRIDE;
const { EchoRequests, EchoReplies } = SlotCounter;
const { Echo, Timestamp } = icmpv4.Type;
const { Silent } = TraceLevel;
const { Reply } = Outcome;
const { type, reply } = icmpv4;
const turnRound = replyEcho;

const MS_PER_DAY = 86_400_000;

/** Answers echo and timestamp requests to the port's own addresses, in place. */
export class IcmpResponder implements IcmpService {
  readonly name = 'icmp-responder';
  readonly isEchoResponder = true;
  readonly #counts: Float64Array;

  constructor(
    counters: Counters,
    readonly tracer: Tracer,
  ) {
    this.#counts = counters.slots;
  }

  message(p: Packet, port: Port): number {
    const { view, l4 } = p;
    if (type(view, l4) !== Echo) return this.#other(p, port);
    // RFC 1122 leaves this to the host; Linux is silent by default too (icmp_echo_ignore_broadcasts).
    if (p.isGroup) return Drop.IcmpBroadcast;
    const slot = port.slot * STRIDE;
    this.#counts[slot + EchoRequests]! += 1;
    const record = port.trace > Silent ? this.tracer.request(p, port) : -1;
    const outcome = turnRound(p, port);
    // What cannot be answered is traced by the stack, as any drop: the record is not published.
    if (outcome !== Reply) return outcome;
    reply(view, l4, p.packetEnd);
    this.#counts[slot + EchoReplies]! += 1;
    port.replies = (port.replies + 1) | 0;
    if (record >= 0) this.tracer.publish(record, p, port);
    return outcome;
  }

  /** The reply to a timestamp request that was cut short is longer by eight octets at most: behind so short a frame a buffer has room. */
  #other(p: Packet, port: Port): number {
    if (type(p.view, p.l4) !== Timestamp) return Drop.IcmpNotRequest;
    if (p.isGroup) return Drop.IcmpBroadcast;
    if (p.packetEnd - p.l4 < icmpv4.MIN_TIMESTAMP_LENGTH) return Drop.IcmpMalformed;
    p.packetEnd = p.l4 + icmpv4.TIMESTAMP_LENGTH;
    const outcome = replyMessage(p, port);
    if (outcome !== Reply) return outcome;
    icmpv4.replyTimestamp(p.view, p.l4, Date.now() % MS_PER_DAY);
    this.#counts[port.slot * STRIDE + SlotCounter.TimestampReplies]! += 1;
    return outcome;
  }
}
