import { Trace, type TraceRing } from '../memory/trace-ring.js';
import * as ethernet from '../wire/ethernet.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import type { Packet } from './packet.js';
import { packetType } from './packet-type.js';
import { type Port, TraceLevel } from './port.js';

/** Words that only a reply fills; the record may hold those of an older one. */
const REPLY_WORDS = [Trace.Identifier, Trace.EchoSequence, Trace.ServiceNs] as const;

/** Writes what the in-band side will print into the trace ring; a line that does not fit is counted, by slot. */
export class Tracer {
  /** Lines lost, by slot. */
  readonly suppressed: Int32Array;
  /** When the batch under way was received, on the clock of `nowNs`. */
  batchNs = 0;

  constructor(
    readonly ring: TraceRing,
    suppressed: Int32Array,
    readonly nowNs: () => number,
  ) {
    this.suppressed = suppressed;
  }

  /** Notes an echo request before the reply overwrites it. Returns the record to publish, or -1. */
  request(p: Packet, port: Port): number {
    const record = this.#note(p, port);
    if (record < 0) return -1;
    this.ring.set(record, Trace.ServiceNs, 0);
    this.ring.set(record, Trace.Drop, 0);
    this.ring.set(record, Trace.Identifier, icmpv4.identifier(p.view, p.l4));
    this.ring.set(record, Trace.EchoSequence, icmpv4.sequence(p.view, p.l4));
    return record;
  }

  /** The reply, with how long it took; one that did not come about is never published. */
  publish(record: number, p: Packet, port: Port): void {
    if (port.trace >= TraceLevel.Verbose) this.ring.set(record, Trace.ServiceNs, this.nowNs() - this.batchNs);
    if (port.trace === TraceLevel.Dump)
      this.ring.setFrame(record, 'reply', p.octets, p.at, p.replyEnd - p.at);
    this.ring.publish();
  }

  /** A frame that a port did not answer. */
  drop(p: Packet, port: Port, reason: number): void {
    const record = this.#note(p, port);
    if (record < 0) return;
    for (const word of REPLY_WORDS) this.ring.set(record, word, 0);
    this.ring.set(record, Trace.Drop, reason);
    this.ring.publish();
  }

  #note(p: Packet, port: Port): number {
    const ring = this.ring;
    const record = ring.claim();
    if (record < 0) {
      Atomics.add(this.suppressed, port.slot, 1);
      return -1;
    }
    const { view, at, l3 } = p;
    const isIpv4 = p.ethertype === ethernet.EtherType.Ipv4 && p.end - l3 >= ipv4.MIN_HEADER_LENGTH;
    ring.set(record, Trace.Slot, port.slot);
    ring.set(record, Trace.Sequence, port.replies);
    ring.set(record, Trace.Count, isIpv4 ? ipv4.totalLength(view, l3) : p.end - at);
    ring.set(record, Trace.Ethertype, p.ethertype);
    ring.set(record, Trace.PacketType, packetType(p, port));
    ring.set(record, Trace.MacHi, ethernet.sourceHi(view, at));
    ring.set(record, Trace.MacLo, ethernet.sourceLo(view, at));
    ring.set(record, Trace.Source, isIpv4 ? ipv4.source(view, l3) : 0);
    ring.set(record, Trace.Destination, isIpv4 ? ipv4.destination(view, l3) : 0);
    ring.set(record, Trace.Vid, p.vid);
    ring.set(record, Trace.NetworkAt, l3 - at);
    if (port.trace === TraceLevel.Dump) ring.setFrame(record, 'request', p.octets, at, p.end - at);
    else ring.set(record, Trace.FrameLength, 0);
    ring.set(record, Trace.ReplyLength, 0);
    return record;
  }
}
