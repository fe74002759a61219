import { Drop } from '../drop.js';
import { BATCH, Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SLOTS, SlotCounter } from '../memory/counters.js';
import { NEIGHBOUR_PAGE_LENGTH } from '../memory/neighbour-page.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import type { Announcer } from './announcer.js';
import { receiveArp } from './arp.js';
import { replyDatagram } from './egress.js';
import { Delivery } from './endpoint.js';
import {
  answerEcho,
  type ExpressAddresses,
  IPV4_MASK,
  IPV4_WORD,
  MIN_EXPRESS,
  TPID_HALF,
  vidOfWord,
} from './express.js';
import { Fragmenter } from './fragmenter.js';
import { IcmpErrors } from './icmp-errors.js';
import { Igmp } from './igmp.js';
import { dissect, isForPort, receiveIpv4 } from './ingress.js';
import { Neighbours } from './neighbour.js';
import { Output } from './output.js';
import { Packet } from './packet.js';
import { PacketTable } from './packet-table.js';
import { type Port, TraceLevel } from './port.js';
import { Reassembly } from './reassembly.js';
import { RouteTable } from './route.js';
import { type IcmpService, Outcome, type UdpService } from './service.js';
import { TooBig } from './too-big.js';
import type { Tracer } from './tracer.js';
import type { Transmitter } from './transmitter.js';
import { UdpErrors } from './udp-errors.js';
import { UdpTable } from './udp-table.js';

// What this file needs of others, as constants of its own: the engine folds those into the code, while it loads and checks an import at
// every use (measured: a frame took 80 ns with imports).
const STRIDE = SLOT_STRIDE;
const {
  RxPackets,
  RxBytes,
  TxPackets,
  TxBytes,
  EchoRequests,
  EchoReplies,
  ArpReplies,
  UdpDatagrams,
  UdpReplies,
  PacketFrames,
  IcmpMessages,
} = SlotCounter;
const { Reply, Done, Pass } = Outcome;
const { None } = Drop;
const { Ipv4, Arp } = ethernet.EtherType;
const { Icmp, Igmp: IgmpProtocol, Udp } = ipv4.Protocol;
const VERBOSE = TraceLevel.Verbose;
const readFrame = dissect;
const isOurs = isForPort;
const readIpv4 = receiveIpv4;
const { isFragment } = ipv4;
const protocolOf = ipv4.protocol;
const checkIcmp = icmpv4.check;
const express = answerEcho;
const SHORTEST = MIN_EXPRESS;
const TPID = TPID_HALF;
const IPV4 = IPV4_WORD;
const MASK = IPV4_MASK;
const vidOf = vidOfWord;

/**
 * Frames in, replies out, in place. `input` ends every frame of the batch in one of the two batches that it leaves: `replies` for
 * Device.transmit, `spent` for Device.release; what came in fragments is answered through the device meanwhile. It allocates nothing, never
 * throws, and counts whatever it drops.
 */
export class Stack {
  readonly replies = new Batch(BATCH);
  readonly spent = new Batch(BATCH);
  readonly reassembly: Reassembly;
  readonly #errors: IcmpErrors;
  readonly #fragmenter: Fragmenter;
  readonly routes = new RouteTable();
  readonly neighbours: Neighbours;
  readonly output: Output;
  readonly igmp: Igmp;
  readonly delivery = new Delivery();
  readonly sockets = new UdpTable(this.delivery);
  /** Those who wait for ICMP messages of whatever port: asked before its own service. */
  readonly icmp: IcmpService[] = [];
  /** Those who wait for datagrams to whatever UDP port: asked before all others. */
  readonly datagrams: Pick<UdpService, 'datagram'>[] = [];
  readonly packets = new PacketTable(this.delivery);
  /** Who defends the addresses of ports whose ARP is ours. */
  announcer: Pick<Announcer, 'defend'> | undefined = undefined;
  readonly #ports: (Port | undefined)[] = new Array<Port | undefined>(SLOTS).fill(undefined);
  readonly #packet: Packet;
  readonly #counts: Float64Array;

  constructor(
    device: Transmitter,
    counters: Counters,
    readonly tracer: Tracer,
    neighbours: Int32Array = new Int32Array(NEIGHBOUR_PAGE_LENGTH / 4),
    random: () => number = Math.random,
  ) {
    this.#errors = new IcmpErrors(device, counters);
    this.reassembly = new Reassembly(counters, this.#errors);
    this.#fragmenter = new Fragmenter(device, counters);
    this.neighbours = new Neighbours(device, counters, neighbours);
    this.output = new Output(device, counters, this.routes, this.neighbours);
    this.icmp.push(new UdpErrors(this.sockets), new TooBig(this.sockets, this.output, tracer, counters));
    this.igmp = new Igmp(this.output, counters, random);
    this.#packet = new Packet(device.arena);
    this.#counts = counters.slots;
  }

  port(slot: number): Port | undefined {
    return this.#ports[slot];
  }

  /** Puts a port in its slot, or empties the slot. */
  setPort(slot: number, port: Port | undefined): void {
    const before = this.#ports[slot];
    if (before !== undefined) this.reassembly.replacePort(before, port);
    this.#ports[slot] = port;
    this.neighbours.setPort(slot, port);
    this.igmp.setPort(slot, port);
  }

  /** `rx.count` must not exceed BATCH, and both result batches must be empty. */
  input(rx: Batch): void {
    const { count } = rx;
    if (this.packets.ipv4Count > 0) {
      for (let i = 0; i < count; i++) this.#general(rx, i);
      return;
    }
    for (let i = 0; i < count; ) {
      const next = this.#express(rx, i);
      i = next > i ? next : this.#general(rx, i);
    }
  }

  /** Answers a run of echo requests to one port, from frame `from` on; returns the first that is something else. */
  #express(rx: Batch, from: number): number {
    const { words } = this.#packet;
    const { replies } = this;
    const { count } = rx;
    let tag = 0;
    let port: Port | undefined;
    let own: ExpressAddresses | undefined;
    let rxOctets = 0;
    let txOctets = 0;
    let i = from;
    for (; i < count; i++) {
      const at = rx.at[i]! | 0;
      const length = rx.length[i]! | 0;
      const w = at >> 2;
      if ((at & 3) !== 0 || length < SHORTEST) break;
      const tagWord = words[w + 3]!;
      if ((words[w + 4]! & MASK) !== IPV4) break;
      if (tagWord !== tag) {
        if ((tagWord & 0xffff) !== TPID) break;
        const next = this.#ports[vidOf(tagWord)];
        if (port === undefined) {
          port = next;
          own = next?.express;
        } else if (next !== port) break;
        tag = tagWord;
      }
      if (own === undefined) break;
      const reply = express(words, w, length, own);
      if (reply === 0) break;
      rxOctets += length;
      txOctets += reply;
      replies.push(at, reply, rx.queue[i]!);
    }
    const answered = i - from;
    if (answered > 0 && port !== undefined) {
      this.#count(port.slot, answered, rxOctets, answered, txOctets);
      const slot = port.slot * STRIDE;
      this.#counts[slot + EchoRequests]! += answered;
      this.#counts[slot + EchoReplies]! += answered;
      port.replies = (port.replies + answered) | 0;
    }
    return i;
  }

  /** One frame, whatever it is; returns the index of the next. */
  #general(rx: Batch, i: number): number {
    const p = this.#packet;
    const length = rx.length[i]!;
    p.at = rx.at[i]!;
    p.end = p.at + length;
    p.queue = rx.queue[i]!;
    p.driverNs = rx.driverNs[i]!;
    p.hardwareLow = rx.hardwareLow[i]!;
    p.hardwareHigh = rx.hardwareHigh[i]!;
    p.nowNs = this.tracer.batchNs;
    const outcome = this.#frame(p);
    const { port } = p;
    const slot = port === undefined ? 0 : port.slot;
    if (outcome === Reply) {
      this.#count(slot, 1, length, 1, p.replyEnd - p.at);
      this.replies.push(p.at, p.replyEnd - p.at, p.queue);
    } else {
      if (outcome > 0) this.#drop(p, outcome);
      this.#count(slot, 1, length, 0, 0);
      this.spent.push(p.at, p.end - p.at, p.queue);
    }
    return i + 1;
  }

  #drop(p: Packet, reason: number): void {
    const { port } = p;
    this.#counts[(port === undefined ? 0 : port.slot) * STRIDE + reason]! += 1;
    if (port !== undefined && port.trace >= VERBOSE) this.tracer.drop(p, port, reason);
  }

  #count(slot: number, rxPackets: number, rxOctets: number, txPackets: number, txOctets: number): void {
    const counts = this.#counts;
    const at = slot * STRIDE;
    counts[at + RxPackets]! += rxPackets;
    counts[at + RxBytes]! += rxOctets;
    counts[at + TxPackets]! += txPackets;
    counts[at + TxBytes]! += txOctets;
  }

  /** Sets `p.port`; writing it only where it changes spares the engine's write barrier. */
  #frame(p: Packet): number {
    const malformed = readFrame(p);
    if (malformed !== None) {
      p.port = undefined;
      return malformed;
    }
    // A VID without a port of its own belongs to the base device's port, if that is enabled.
    const port = this.#ports[p.vid] ?? this.#ports[0];
    if (p.port !== port) p.port = port;
    return this.packets.count === 0 ? this.#own(p, port) : this.#shared(p, port);
  }

  /** Packet sockets first, as in EVL: they see what is another host's or has no port, too. */
  #shared(p: Packet, port: Port | undefined): number {
    const { packets } = this;
    const cloned = packets.clone(p, port);
    const taken = packets.take(p, port);
    const outcome = taken === Done ? Done : this.#own(p, port);
    const isUnclaimed = outcome === Drop.NoPort || outcome === Drop.OtherHost || outcome === Drop.NotIpv4;
    if (taken === Done || (isUnclaimed && cloned === Done)) {
      this.#counts[(port === undefined ? 0 : port.slot) * STRIDE + PacketFrames]! += 1;
      return Done;
    }
    // What only they wanted did not fail for being none of ours.
    return isUnclaimed && (taken !== None || cloned !== None) ? Drop.SocketBufferFull : outcome;
  }

  #own(p: Packet, port: Port | undefined): number {
    if (port === undefined) return Drop.NoPort;
    if (!isOurs(p, port)) return Drop.OtherHost;
    for (let i = 0; i < port.packet.length; i++) {
      const outcome = port.packet[i]!.frame(p);
      if (outcome === Pass) continue;
      if (outcome < 0) this.#counts[port.slot * STRIDE + PacketFrames]! += 1;
      return outcome;
    }
    if (p.ethertype === Ipv4) return this.#ipv4(p, port);
    if (port.ownsArp && p.ethertype === Arp) {
      const outcome = receiveArp(p, port, this.neighbours);
      if (outcome === Reply) this.#counts[port.slot * STRIDE + ArpReplies]! += 1;
      else if (outcome === Done) this.#counts[port.slot * STRIDE + SlotCounter.ArpLearned]! += 1;
      else if (outcome === Drop.ArpConflict)
        this.announcer?.defend(port, arp.senderAddress(p.view, p.l3), p.nowNs);
      return outcome;
    }
    return Drop.NotIpv4;
  }

  #ipv4(p: Packet, port: Port): number {
    const refused = readIpv4(p, port);
    if (refused === Drop.Ipv4BadOptions && port.icmpErrors) this.#errors.sendParameterProblem(p, port);
    if (refused !== None) return refused;
    return isFragment(p.view, p.l3) ? this.#fragment(p, port) : this.#transport(p, port);
  }

  /** The frame ends here; once the packet is whole, that goes its way as if it had come in one. */
  #fragment(p: Packet, port: Port): number {
    const refused = this.reassembly.receive(p, port);
    if (refused !== None) return refused;
    const { whole } = this.reassembly;
    const outcome = this.#transport(whole, port);
    if (outcome === Reply) this.#fragmenter.send(whole, port);
    else if (outcome > 0) this.#drop(whole, outcome);
    return Done;
  }

  #transport(p: Packet, port: Port): number {
    const protocol = protocolOf(p.view, p.l3);
    if (protocol === Icmp) return this.#icmp(p, port);
    if (protocol === Udp) return this.#udp(p, port);
    if (protocol === IgmpProtocol) return this.igmp.receive(p, port);
    this.#tell(p, port, icmpv4.Code.ProtocolUnreachable);
    return Drop.Ipv4Protocol;
  }

  /** RFC 792. */
  #icmp(p: Packet, port: Port): number {
    const { view, l4 } = p;
    const malformed = checkIcmp(view, l4, p.packetEnd);
    if (malformed !== None) return malformed;
    for (let i = 0; i < this.icmp.length; i++) {
      const outcome = this.icmp[i]!.message(p, port);
      if (outcome === Pass) continue;
      if (outcome < 0) this.#counts[port.slot * STRIDE + IcmpMessages]! += 1;
      return outcome;
    }
    if (port.icmp !== undefined) return port.icmp.message(p, port);
    const type = icmpv4.type(view, l4);
    return type === icmpv4.Type.Echo || type === icmpv4.Type.Timestamp
      ? Drop.IcmpNoService
      : Drop.IcmpNotRequest;
  }

  /** RFC 768. */
  #udp(p: Packet, port: Port): number {
    const { view, l3, l4 } = p;
    const source = ipv4.sourceBits(view, l3);
    const malformed = udp.check(view, l4, p.packetEnd, source, ipv4.destinationBits(view, l3));
    if (malformed !== None) return malformed;
    // Octets of the packet behind the datagram are not its own.
    p.packetEnd = l4 + udp.length(view, l4);
    const to = udp.destinationPort(view, l4);
    for (let i = 0; i < this.datagrams.length; i++) {
      const outcome = this.datagrams[i]!.datagram(p);
      if (outcome === Pass) continue;
      this.#counts[port.slot * STRIDE + UdpDatagrams]! += 1;
      return outcome;
    }
    for (let i = 0; i < port.udp.length; i++) {
      const service = port.udp[i]!;
      if (service.udpPort !== to && service.udpPort !== 0) continue;
      const outcome = service.datagram(p);
      if (outcome === Pass) continue;
      const answer = outcome === Reply ? replyDatagram(p, port) : outcome;
      if (answer < 0) this.#counts[port.slot * STRIDE + UdpDatagrams]! += 1;
      if (answer === Reply) this.#counts[port.slot * STRIDE + UdpReplies]! += 1;
      return answer;
    }
    const outcome = this.sockets.deliver(p, port);
    if (outcome === Done) this.#counts[port.slot * STRIDE + UdpDatagrams]! += 1;
    else if (outcome === Drop.UdpNoSocket) this.#tell(p, port, icmpv4.Code.PortUnreachable);
    return outcome;
  }

  /** RFC 1122 §3.2.2.1: the destination is unreachable. */
  #tell(p: Packet, port: Port, code: number): void {
    if (port.icmpErrors) this.#errors.send(p, port, icmpv4.Type.DestinationUnreachable, code);
  }
}
