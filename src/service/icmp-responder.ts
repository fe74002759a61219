// RFC 792 echo, by RFC 1122 §3.2.2.6 and as Linux answers it: net/ipv4/icmp.c icmp_echo().
import { Drop } from '../drop.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import { replyEcho } from '../stack/egress.js';
import type { Packet } from '../stack/packet.js';
import { type Port, TraceLevel } from '../stack/port.js';
import { type IcmpService, Outcome } from '../stack/service.js';
import type { Tracer } from '../stack/tracer.js';
import * as icmpv4 from '../wire/icmpv4.js';

// What this file needs of others, as constants of its own: the engine folds those into the code, while it loads and checks an import at
// every use.
const STRIDE = SLOT_STRIDE;
const { EchoRequests, EchoReplies } = SlotCounter;
const { Echo } = icmpv4.Type;
const { Silent } = TraceLevel;
const { Reply } = Outcome;
const { type, reply } = icmpv4;
const turnRound = replyEcho;

/** Answers echo requests to the port's own addresses, in place. */
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
    if (type(view, l4) !== Echo) return Drop.IcmpNotRequest;
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
}
