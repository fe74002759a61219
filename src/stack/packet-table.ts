// Raw Ethernet, as EVL's packet sockets have it: every socket for all types gets a clone of a frame, and of those for exactly its type the
// first with room takes the frame away from everybody else. EVL knows ETH_P_ALL and ETH_P_IP; here any type is one.
import { Drop } from '../drop.js';
import { Message } from '../memory/message-ring.js';
import * as ethernet from '../wire/ethernet.js';
import { copy } from '../wire/octets.js';
import type { Delivery } from './endpoint.js';
import type { Packet } from './packet.js';
import { ALL_TYPES, type PacketEndpoint } from './packet-endpoint.js';
import { packetType } from './packet-type.js';
import type { Port } from './port.js';
import { Outcome } from './service.js';

const ADDRESSES = 2 * ethernet.ADDRESS_LENGTH;

export class PacketTable {
  /** Sockets that capture something, and those of them that IPv4 may be for. Where there are none, nobody needs to look. */
  count = 0;
  ipv4Count = 0;
  /** The newest first, as in EVL. */
  readonly #all: PacketEndpoint[] = [];
  readonly #exact: PacketEndpoint[] = [];

  constructor(readonly delivery: Delivery) {}

  add(endpoint: PacketEndpoint): void {
    const { ethertype } = endpoint.binding;
    if (ethertype === 0) return;
    (ethertype === ALL_TYPES ? this.#all : this.#exact).unshift(endpoint);
    this.#count();
  }

  remove(endpoint: PacketEndpoint): void {
    for (const list of [this.#all, this.#exact]) {
      const i = list.indexOf(endpoint);
      if (i >= 0) list.splice(i, 1);
    }
    this.#count();
  }

  /** Copies the frame to each socket for all types: Done, SocketBufferFull where none had room, 0 where there is none. */
  clone(p: Packet, port: Port | undefined): number {
    const list = this.#all;
    let outcome: number = Drop.None;
    for (let i = 0; i < list.length; i++) {
      const e = list[i]!;
      if (!e.fits(slotOf(port))) continue;
      if (this.#give(e, p, port)) outcome = Outcome.Done;
      else if (outcome === Drop.None) outcome = Drop.SocketBufferFull;
    }
    return outcome;
  }

  /** Copies the frame to one socket for its type: Done where that has it, for itself alone; otherwise as `clone`. */
  take(p: Packet, port: Port | undefined): number {
    const list = this.#exact;
    let outcome: number = Drop.None;
    for (let i = 0; i < list.length; i++) {
      const e = list[i]!;
      if (e.binding.ethertype !== p.ethertype || !e.fits(slotOf(port))) continue;
      if (this.#give(e, p, port)) return Outcome.Done;
      outcome = Drop.SocketBufferFull;
    }
    return outcome;
  }

  /** The whole frame without its tags, of which the one that decided is told beside it. */
  #give(e: PacketEndpoint, p: Packet, port: Port | undefined): boolean {
    const { view, at, l3, end } = p;
    // Octet 12 begins the ethertype, or the first tag; the ethertype of what is carried is in front of l3.
    const rest = l3 - 2;
    const length = ADDRESSES + end - rest;
    const record = this.delivery.claim(e, length);
    if (record < 0) return false;
    const ring = e.page.received;
    ring.set(record, Message.Payload, length);
    ring.set(record, Message.Vid, p.vid);
    ring.set(record, Message.Flags, packetType(p, port));
    ring.set(record, Message.Priority, p.tags === 0 ? 0 : view.getUint8(l3 - 4) >> 5);
    ring.setTimeNs(record, p.nowNs);
    ring.setDriverNs(record, p.driverNs);
    ring.set(record, Message.HardwareLow, p.hardwareLow);
    ring.set(record, Message.HardwareHigh, p.hardwareHigh);
    const to = ring.payloadAt(record);
    copy(view, at, at + ADDRESSES, ring.view, to);
    copy(view, rest, end, ring.view, to + ADDRESSES);
    this.delivery.publish(e, length);
    return true;
  }

  #count(): void {
    this.count = this.#all.length + this.#exact.length;
    const isIpv4 = (e: PacketEndpoint) => e.binding.ethertype === ethernet.EtherType.Ipv4;
    this.ipv4Count = this.#all.length + this.#exact.filter(isIpv4).length;
  }
}

/** A frame without a port is the device's own. */
const slotOf = (port: Port | undefined): number => (port === undefined ? 0 : port.slot);
