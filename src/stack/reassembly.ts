// RFC 791 §3.2, as Linux does it, net/ipv4/ip_fragment.c: in any order; what overlaps is no packet (RFC 5722, meant for IPv6, §4);
// 30 seconds from the first that came. Each packet has a place of its own in which the fragments are put together, so that their frames go
// back to the device at once: who sends fragments and never all of them gets hold of nothing but places.
//
//   place                          place + PAYLOAD
//     │  …  │ Ethernet, tags, IPv4 │ payload, each fragment where it belongs …
import { Drop } from '../drop.js';
import { arenaOver } from '../memory/arena.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import * as ethernet from '../wire/ethernet.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import { copy } from '../wire/octets.js';
import * as vlan from '../wire/vlan.js';
import { Assembly } from './assembly.js';
import type { IcmpErrors } from './icmp-errors.js';
import { Packet } from './packet.js';
import { type Port, Standing } from './port.js';
import { Outcome } from './service.js';
import { Timer } from './timer.js';

/** Packets under way at a time, 4 MiB of them as in net.ipv4.ipfrag_high_thresh. Linux refuses the next one, here it displaces the oldest. */
export const PLACES = 64;
/** net.ipv4.ipfrag_time. */
export const TIMEOUT_NS = 30e9;
/** net.ipv4.ipfrag_max_dist: so many fragments of a source in between, and an identification may mean another packet (RFC 4963). */
export const MAX_DISTANCE = 64;

const PAYLOAD = 128;
const PLACE = PAYLOAD + 0x1_0000;
const MAX_TOTAL = 0xffff;
/** Counters of fragments by source, found by a hash of it: two that share one look farther apart than they are. */
const SOURCE_BITS = 8;
const { None, FragmentMalformed, FragmentDuplicate, FragmentTimeout, FragmentDisplaced } = Drop;

export class Reassembly extends Timer {
  /** The packet that `receive` found whole. */
  readonly whole: Packet;
  readonly #assemblies = Array.from({ length: PLACES }, () => new Assembly());
  readonly #fragments = new Uint32Array(1 << SOURCE_BITS);
  readonly #counts: Float64Array;

  constructor(
    counters: Counters,
    readonly errors: IcmpErrors,
  ) {
    super();
    this.whole = new Packet(arenaOver(new ArrayBuffer(PLACES * PLACE), PLACE));
    this.#counts = counters.slots;
  }

  /**
   * Takes the octets of a fragment of `port`. Returns 0 where the packet is whole: it is in `whole` until the next call. Outcome.Done
   * where others are missing, or why the fragment is dropped.
   */
  receive(p: Packet, port: Port): number {
    const { view, l3, l4 } = p;
    const newest = this.#countSource(ipv4.sourceBits(view, l3));
    const i = this.#place(p, port);
    const assembly = this.#assemblies[i]!;
    if (assembly.count > 0 && ((newest - assembly.newest) | 0) > MAX_DISTANCE) {
      this.#drop(assembly, FragmentDisplaced);
      assembly.restart(p.nowNs + TIMEOUT_NS);
    }
    assembly.newest = newest;
    const isLast = !ipv4.isMoreFragments(view, l3);
    const offset = ipv4.fragmentOffset(view, l3);
    // The next one begins at a multiple of eight: Linux cuts off what is behind it.
    const length = isLast ? p.packetEnd - l4 : (p.packetEnd - l4) & ~7;
    const refused = assembly.add(p, offset, offset + length, isLast);
    if (refused === FragmentDuplicate) return refused;
    if (refused !== None) return this.#refuse(assembly, refused);
    const payload = i * PLACE + PAYLOAD;
    copy(view, l4, l4 + length, this.whole.view, payload + offset);
    if (offset === 0) copy(view, p.at, l4, this.whole.view, payload - assembly.headersLength);
    if (!assembly.isWhole) return Outcome.Done;
    return this.#complete(assembly, payload, p, port);
  }

  /** Drops what has waited too long. RFC 792: its sender is told, if the first fragment is there. */
  run(nowNs: number): void {
    let dueNs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < PLACES; i++) {
      const assembly = this.#assemblies[i]!;
      const { port } = assembly;
      if (port === undefined) continue;
      if (assembly.expiresNs <= nowNs) {
        if (assembly.hasFirst && port.icmpErrors) this.#tell(assembly, i * PLACE + PAYLOAD, port, nowNs);
        this.#end(assembly, FragmentTimeout);
      } else if (assembly.expiresNs < dueNs) dueNs = assembly.expiresNs;
    }
    this.dueNs = dueNs;
    this.errors.device.flush();
  }

  /** Another port, or none, is where `before` was. */
  replacePort(before: Port, port: Port | undefined): void {
    for (const assembly of this.#assemblies)
      if (assembly.port === before) {
        if (port === undefined) this.#end(assembly, FragmentDisplaced);
        else assembly.port = port;
      }
  }

  /** Where the packet of the fragment is put together, from now on if need be. */
  #place(p: Packet, port: Port): number {
    const assemblies = this.#assemblies;
    let free = -1;
    let oldest = 0;
    for (let i = 0; i < PLACES; i++) {
      const assembly = assemblies[i]!;
      if (assembly.isOf(p)) return i;
      if (assembly.port === undefined) free = i;
      else if (assembly.expiresNs < assemblies[oldest]!.expiresNs) oldest = i;
    }
    if (free < 0) {
      this.#end(assemblies[oldest]!, FragmentDisplaced);
      free = oldest;
    }
    const expiresNs = p.nowNs + TIMEOUT_NS;
    assemblies[free]!.start(p, port, expiresNs);
    if (expiresNs < this.dueNs) this.dueNs = expiresNs;
    return free;
  }

  #complete(assembly: Assembly, payload: number, p: Packet, port: Port): number {
    const total = assembly.headerLength + assembly.length;
    const { ecn } = assembly;
    if (total > MAX_TOTAL || ecn < 0) return this.#refuse(assembly, FragmentMalformed, 1);
    const whole = this.#cursor(assembly, payload, port);
    const { l3 } = whole;
    whole.end = payload + assembly.length;
    whole.packetEnd = whole.end;
    whole.queue = p.queue;
    whole.driverNs = p.driverNs;
    whole.hardwareLow = p.hardwareLow;
    whole.hardwareHigh = p.hardwareHigh;
    whole.nowNs = p.nowNs;
    whole.vid = p.vid;
    whole.isGroup = p.isGroup;
    ipv4.setTos(whole.view, l3, ipv4.tos(whole.view, l3) | ecn);
    ipv4.setTotalLength(whole.view, l3, total);
    ipv4.setDontFragment(whole.view, l3, false);
    ipv4.writeChecksum(whole.view, l3);
    const slot = port.slot * SLOT_STRIDE;
    this.#counts[slot + SlotCounter.Reassembled]! += 1;
    this.#counts[slot + SlotCounter.FragmentsJoined]! += assembly.count;
    assembly.port = undefined;
    return None;
  }

  /** `whole`, over the headers of the first fragment. */
  #cursor(assembly: Assembly, payload: number, port: Port): Packet {
    const { whole } = this;
    whole.port = port;
    whole.at = payload - assembly.headersLength;
    whole.l3 = payload - assembly.headerLength;
    whole.l4 = payload;
    whole.tags = (whole.l3 - whole.at - ethernet.HEADER_LENGTH) / vlan.TAG_LENGTH;
    whole.ethertype = ethernet.EtherType.Ipv4;
    return whole;
  }

  #tell(assembly: Assembly, payload: number, port: Port, nowNs: number): void {
    const first = this.#cursor(assembly, payload, port);
    const { view, l3 } = first;
    first.end = l3 + ipv4.totalLength(view, l3);
    first.packetEnd = first.end;
    first.queue = assembly.queue;
    first.nowNs = nowNs;
    first.vid = assembly.vid;
    first.isGroup = port.judge(ipv4.source(view, l3), ipv4.destination(view, l3)) === Standing.Group;
    this.errors.send(first, port, icmpv4.Type.TimeExceeded, icmpv4.Code.ReassemblyTime);
  }

  /** For a fragment that is dropped with all those before it. One that is among them already is not counted twice. */
  #refuse(assembly: Assembly, reason: Drop, counted = 0): Drop {
    assembly.count -= counted;
    this.#end(assembly, reason);
    return reason;
  }

  #end(assembly: Assembly, reason: Drop): void {
    this.#drop(assembly, reason);
    assembly.port = undefined;
  }

  #drop(assembly: Assembly, reason: Drop): void {
    this.#counts[assembly.port!.slot * SLOT_STRIDE + reason]! += assembly.count;
  }

  #countSource(source: number): number {
    const i = Math.imul(source, 0x9e37_79b1) >>> (32 - SOURCE_BITS);
    this.#fragments[i]! += 1;
    return this.#fragments[i]!;
  }
}
