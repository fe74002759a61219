import { Drop } from '../drop.js';
import type { Arena } from '../memory/arena.js';
import { BATCH, Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SLOTS, SlotCounter } from '../memory/counters.js';
import * as ethernet from '../wire/ethernet.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import { receiveArp } from './arp.js';
import { replyDatagram } from './egress.js';
import { dissect, isForPort, receiveIpv4 } from './ingress.js';
import { Packet } from './packet.js';
import { type Port, TraceLevel } from './port.js';
import { Outcome } from './service.js';
import type { Tracer } from './tracer.js';

/**
 * Frames in, replies out, in place. `input` ends every frame of the batch in one of the two batches that it leaves: `replies` for
 * Device.transmit, `spent` for Device.release. It allocates nothing, never throws, and counts whatever it drops.
 */
export class Stack {
  readonly replies = new Batch(BATCH);
  readonly spent = new Batch(BATCH);
  readonly #ports: (Port | undefined)[] = new Array<Port | undefined>(SLOTS).fill(undefined);
  readonly #packet: Packet;
  readonly #counts: Float64Array;

  constructor(
    arena: Arena,
    counters: Counters,
    readonly tracer: Tracer,
  ) {
    this.#packet = new Packet(arena);
    this.#counts = counters.slots;
  }

  port(slot: number): Port | undefined {
    return this.#ports[slot];
  }

  /** Puts a port in its slot, or empties the slot. */
  setPort(slot: number, port: Port | undefined): void {
    this.#ports[slot] = port;
  }

  /** `rx.count` must not exceed BATCH, and both result batches must be empty. */
  input(rx: Batch): void {
    const p = this.#packet;
    for (let i = 0; i < rx.count; i++) {
      p.at = rx.at[i]!;
      p.end = p.at + rx.length[i]!;
      p.queue = rx.queue[i]!;
      p.port = undefined;
      const outcome = this.#frame(p);
      const port = p.port as Port | undefined;
      const slot = (port === undefined ? 0 : port.slot) * SLOT_STRIDE;
      const counts = this.#counts;
      counts[slot + SlotCounter.RxPackets]! += 1;
      counts[slot + SlotCounter.RxBytes]! += rx.length[i]!;
      if (outcome === Outcome.Reply) {
        counts[slot + SlotCounter.TxPackets]! += 1;
        counts[slot + SlotCounter.TxBytes]! += p.replyEnd - p.at;
        this.replies.push(p.at, p.replyEnd - p.at, p.queue);
      } else {
        if (outcome > 0) {
          counts[slot + outcome]! += 1;
          if (port !== undefined && port.trace >= TraceLevel.Verbose) this.tracer.drop(p, port, outcome);
        }
        this.spent.push(p.at, p.end - p.at, p.queue);
      }
    }
  }

  #frame(p: Packet): number {
    const malformed = dissect(p);
    if (malformed !== Drop.None) return malformed;
    // A VID without a port of its own belongs to the base device's port, if that is enabled.
    const port = this.#ports[p.vid] ?? this.#ports[0];
    if (port === undefined) return Drop.NoPort;
    p.port = port;
    if (!isForPort(p, port)) return Drop.OtherHost;
    for (let i = 0; i < port.packet.length; i++) {
      const outcome = port.packet[i]!.frame(p);
      if (outcome !== Outcome.Pass) return outcome;
    }
    if (p.ethertype === ethernet.EtherType.Ipv4) return this.#ipv4(p, port);
    if (port.ownsArp && p.ethertype === ethernet.EtherType.Arp) {
      const outcome = receiveArp(p, port);
      if (outcome === Outcome.Reply) this.#counts[port.slot * SLOT_STRIDE + SlotCounter.ArpReplies]! += 1;
      return outcome;
    }
    return Drop.NotIpv4;
  }

  #ipv4(p: Packet, port: Port): number {
    const refused = receiveIpv4(p, port);
    if (refused !== Drop.None) return refused;
    const protocol = ipv4.protocol(p.view, p.l3);
    if (protocol === ipv4.Protocol.Icmp) return this.#icmp(p, port);
    if (protocol === ipv4.Protocol.Udp) return this.#udp(p, port);
    return Drop.Ipv4Protocol;
  }

  /** RFC 792. */
  #icmp(p: Packet, port: Port): number {
    const { view, l4 } = p;
    const malformed = icmpv4.check(view, l4, p.packetEnd);
    if (malformed !== Drop.None) return malformed;
    if (port.icmp !== undefined) return port.icmp.message(p, port);
    return icmpv4.type(view, l4) === icmpv4.Type.Echo ? Drop.IcmpNoService : Drop.IcmpNotRequest;
  }

  /** RFC 768. */
  #udp(p: Packet, port: Port): number {
    const { view, l3, l4 } = p;
    const malformed = udp.check(view, l4, p.packetEnd, ipv4.source(view, l3), ipv4.destination(view, l3));
    if (malformed !== Drop.None) return malformed;
    // Octets of the packet behind the datagram are not its own.
    p.packetEnd = l4 + udp.length(view, l4);
    const to = udp.destinationPort(view, l4);
    for (let i = 0; i < port.udp.length; i++) {
      const service = port.udp[i]!;
      if (service.udpPort !== to && service.udpPort !== 0) continue;
      const outcome = service.datagram(p);
      if (outcome === Outcome.Pass) continue;
      this.#counts[port.slot * SLOT_STRIDE + SlotCounter.UdpDatagrams]! += 1;
      return outcome === Outcome.Reply ? replyDatagram(p, port) : outcome;
    }
    return Drop.UdpNoSocket;
  }
}
