// RFC 768, RFC 791 §3.2: datagrams of applications on their way out, cut where they are longer than the MTU.
import { Drop } from '../drop.js';
import { BATCH } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import { Message } from '../memory/message-ring.js';
import { MAX_PAYLOAD, MtuDiscovery } from '../memory/socket-page.js';
import { isMulticast } from '../wire/address.js';
import * as checksum from '../wire/checksum.js';
import * as ipv4 from '../wire/ipv4.js';
import { copy } from '../wire/octets.js';
import * as udp from '../wire/udp.js';
import { Identifications } from './identification.js';
import type { Output } from './output.js';
import { type Path, Refusal } from './path.js';
import { MIN_PATH_MTU } from './path-mtus.js';
import type { Port } from './port.js';
import { Errno, LATER, SocketOutput } from './socket-output.js';
import type { Stack } from './stack.js';
import { reserveAll, type Transmitter } from './transmitter.js';
import type { UdpEndpoint } from './udp-endpoint.js';

const IPV4 = ipv4.MIN_HEADER_LENGTH;
const UDP = udp.HEADER_LENGTH;
const HEADERS = IPV4 + UDP;
/** All fragments but the last carry a multiple of that. */
const UNIT = 8;
const BROADCAST = 0xffff_ffff;

export class UdpOutput extends SocketOutput<UdpEndpoint> {
  readonly #identifications = new Identifications();
  readonly #counts: Float64Array;
  readonly output: Output;

  constructor(
    device: Transmitter,
    readonly stack: Pick<Stack, 'output' | 'port' | 'sockets'>,
    counters: Counters,
  ) {
    super(device);
    this.output = stack.output;
    this.#counts = counters.slots;
  }

  protected override send(e: UdpEndpoint, bound: Port | undefined, at: number, length: number): number {
    const { path, binding, page } = e;
    const ring = page.sent;
    const given = ring.get(at, Message.Address) >>> 0;
    const address = given === 0 ? binding.peerAddress : given;
    const to = given === 0 ? binding.peerPort : ring.get(at, Message.Port) & 0xffff;
    if (to === 0) return given === 0 ? Errno.EDESTADDRREQ : Errno.EINVAL;
    if (length > MAX_PAYLOAD) return Errno.EMSGSIZE;
    const isMany = isMulticast(address);
    const isOld = path.destination !== address || path.generation !== this.output.routes.generation;
    if (isOld || (isMany && e.pathGroupSlot !== page.groupSlot)) {
      this.flush(e);
      const refused = this.#find(e, address, bound);
      if (refused !== Refusal.None) {
        path.generation = -1;
        return errnoOf(refused);
      }
    }
    if (path.isGroup && !page.mayBroadcast && !isMany) return Errno.EACCES;
    const source = sourceOf(binding.address, path);
    if (!isMany) return this.#put(e, at, length, source, to, page.ttl);
    const ttl = page.groupTtl;
    const errno = ttl === 0 ? 0 : this.#put(e, at, length, source, to, ttl);
    if (errno !== 0 || !page.loopsGroups || !path.port.groups.has(address)) return errno;
    const { udpPort } = binding;
    const payload = ring.payloadAt(at);
    this.stack.sockets.loop(
      path.port,
      ring.view,
      payload,
      length,
      source >>> 0,
      udpPort,
      address,
      to,
      this.nowNs,
    );
    return 0;
  }

  /** What goes to many leaves by the port that the socket names, or whose address it has: ip_route_output_key() of Linux. */
  #find(e: UdpEndpoint, address: number, bound: Port | undefined): Refusal {
    let through = bound;
    e.pathGroupSlot = e.page.groupSlot;
    if (through === undefined && (isMulticast(address) || address === BROADCAST)) {
      const named = isMulticast(address) ? this.stack.port(e.pathGroupSlot) : undefined;
      through = named ?? this.output.routes.owner(e.binding.address);
    }
    return this.output.find(e.path, address, through);
  }

  #put(e: UdpEndpoint, at: number, length: number, source: number, to: number, ttl: number): number {
    const { path, page } = e;
    const limit = page.mtuDiscovery === MtuDiscovery.Probe ? path.linkMtu : path.mtu;
    const isWhole = HEADERS + length <= limit;
    if (!isWhole && page.mtuDiscovery >= MtuDiscovery.Do) return Errno.EMSGSIZE;
    return isWhole ? this.#whole(e, at, length, source, to, ttl) : this.#cut(e, at, length, source, to, ttl);
  }

  #whole(e: UdpEndpoint, at: number, length: number, source: number, to: number, ttl: number): number {
    const { path, page } = e;
    const out = this.out;
    if (out.count === BATCH) this.flush(e);
    if (this.device.reserve(out, 1) === 0) return LATER;
    const { view } = this.device.arena;
    const frame = out.at[out.count - 1]!;
    const l3 = frame + path.headerLength;
    // RFC 6864 §4.1: what nobody will cut needs no number of its own.
    const isLasting = mayNotBeCut(path, page.mtuDiscovery);
    const id = isLasting ? 0 : this.#identify(source, path);
    const flags = isLasting ? ipv4.DONT_FRAGMENT : 0;
    const total = HEADERS + length;
    ipv4.writePlain(view, l3, page.tos, total, id, flags, ttl, ipv4.Protocol.Udp, source, path.destination);
    const from = page.sent.payloadAt(at);
    copy(page.sent.view, from, from + length, view, l3 + HEADERS);
    const sum = checksum.sum(view, l3 + HEADERS, l3 + total);
    udp.writeOver(view, l3 + IPV4, sum, e.binding.udpPort, to, UDP + length, source, path.destination);
    out.length[out.count - 1] = path.headerLength + total;
    this.mark(e, at);
    return 0;
  }

  #cut(e: UdpEndpoint, at: number, length: number, source: number, to: number, ttl: number): number {
    this.flush(e);
    const { path, page } = e;
    const { view } = this.device.arena;
    const ring = page.sent;
    const payload = ring.payloadAt(at);
    const sum = checksum.sum(ring.view, payload, payload + length);
    const id = this.#identify(source, path);
    const step = Math.max(UNIT, (path.mtu - IPV4) & -UNIT);
    const all = UDP + length;
    const slot = path.port.slot * SLOT_STRIDE;
    this.#counts[slot + SlotCounter.Fragmented]! += 1;
    for (let from = 0; from < all; ) {
      const frames = Math.min(Math.ceil((all - from) / step), BATCH);
      if (!reserveAll(this.device, this.out, frames)) return Errno.ENOBUFS;
      for (let i = 0; i < frames; i++, from += step) {
        const end = Math.min(from + step, all);
        const l3 = this.out.at[i]! + path.headerLength;
        ipv4.writePlain(
          view,
          l3,
          page.tos,
          IPV4 + end - from,
          id,
          ipv4.fragmentWord(from, end < all),
          ttl,
          ipv4.Protocol.Udp,
          source,
          path.destination,
        );
        // The datagram's header is in front of the payload that lies in the ring.
        const l4 = l3 + IPV4;
        if (from === 0) {
          udp.writeOver(view, l4, sum, e.binding.udpPort, to, all, source, path.destination);
          copy(ring.view, payload, payload + end - UDP, view, l4 + UDP);
        } else copy(ring.view, payload + from - UDP, payload + end - UDP, view, l4);
        this.out.length[i] = path.headerLength + IPV4 + end - from;
      }
      this.#counts[slot + SlotCounter.FragmentsSent]! += frames;
      if (from >= all) this.mark(e, at);
      if (this.output.send(path, this.out, page.priority, this.nowNs) !== Drop.None)
        return Errno.EHOSTUNREACH;
    }
    return 0;
  }

  #identify(source: number, path: Path): number {
    return this.#identifications.next(source, path.destination, ipv4.Protocol.Udp);
  }

  protected override flush(e: UdpEndpoint): void {
    if (this.out.count > 0) this.output.send(e.path, this.out, e.page.priority, this.nowNs);
  }
}

/** DF: ip_dont_fragment() of Linux. On the link nobody cuts, unless somebody said so. */
function mayNotBeCut(path: Path, discovery: number): boolean {
  if (discovery === MtuDiscovery.Dont) return !path.hasGateway && path.mtu === path.linkMtu;
  return discovery !== MtuDiscovery.Want || path.mtu > MIN_PATH_MTU || path.mtu === path.linkMtu;
}

/** inet_saddr: what is bound to an address of many sends from that of the port. As a 32-bit integer, which is passed on without an allocation. */
function sourceOf(own: number, path: Path): number {
  return (own === 0 || isMulticast(own) || path.port.isBroadcast(own) ? path.source : own) | 0;
}

function errnoOf(refused: Refusal): number {
  if (refused === Refusal.NoRoute) return Errno.ENETUNREACH;
  return refused === Refusal.NoSource ? Errno.EADDRNOTAVAIL : Errno.EINVAL;
}
