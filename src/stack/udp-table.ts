// RFC 768, RFC 1122 §4.1.3.5: which socket a datagram is for.
import { Drop } from '../drop.js';
import { Message, MessageFlag } from '../memory/message-ring.js';
import { isMulticast } from '../wire/address.js';
import * as ipv4 from '../wire/ipv4.js';
import { copy } from '../wire/octets.js';
import * as udp from '../wire/udp.js';
import type { Delivery } from './endpoint.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';
import { Outcome } from './service.js';
import type { UdpEndpoint } from './udp-endpoint.js';

const BUCKETS = 256;

export class UdpTable {
  /** Of each bucket the first: those of higher rank before others, the newest before older ones. */
  readonly #buckets = new Array<UdpEndpoint | undefined>(BUCKETS).fill(undefined);

  constructor(readonly delivery: Delivery) {}

  add(endpoint: UdpEndpoint): void {
    const bucket = endpoint.binding.udpPort % BUCKETS;
    const { rank } = endpoint;
    let before: UdpEndpoint | undefined;
    let after = this.#buckets[bucket];
    while (after !== undefined && after.rank > rank) {
      before = after;
      after = after.next;
    }
    endpoint.next = after;
    if (before === undefined) this.#buckets[bucket] = endpoint;
    else before.next = endpoint;
  }

  remove(endpoint: UdpEndpoint): void {
    const bucket = endpoint.binding.udpPort % BUCKETS;
    let at = this.#buckets[bucket];
    if (at === endpoint) this.#buckets[bucket] = endpoint.next;
    else {
      while (at !== undefined && at.next !== endpoint) at = at.next;
      if (at === undefined) return;
      at.next = endpoint.next;
    }
    endpoint.next = undefined;
  }

  /** Tells the socket that sent from `address` and `udpPort`, if it is connected to the other end, of an error. False where there is none. */
  refuse(
    port: Port,
    address: number,
    udpPort: number,
    peerAddress: number,
    peerPort: number,
    errno: number,
  ): boolean {
    for (let e = this.#buckets[udpPort % BUCKETS]; e !== undefined; e = e.next) {
      if (e.binding.peerPort === 0 || !e.fits(port, peerAddress, peerPort, address, udpPort)) continue;
      e.page.fault = errno;
      this.delivery.tell(e);
      return true;
    }
    return false;
  }

  /** The socket that a datagram came from, whether it is connected or not. */
  sender(
    port: Port,
    address: number,
    udpPort: number,
    peerAddress: number,
    peerPort: number,
  ): UdpEndpoint | undefined {
    for (let e = this.#buckets[udpPort % BUCKETS]; e !== undefined; e = e.next)
      if (e.fits(port, peerAddress, peerPort, address, udpPort)) return e;
    return undefined;
  }

  /** Copies a checked datagram into the buffer of the socket that it is for; of all of them, if it was sent to all hosts. */
  deliver(p: Packet, port: Port): number {
    const { view, l3, l4 } = p;
    const udpPort = udp.destinationPort(view, l4);
    const source = ipv4.source(view, l3);
    const destination = ipv4.destination(view, l3);
    const sourcePort = udp.sourcePort(view, l4);
    const from = l4 + udp.HEADER_LENGTH;
    const length = p.packetEnd - from;
    const isMany = p.isGroup && isMulticast(destination);
    let outcome: number = Drop.UdpNoSocket;
    for (let e = this.#buckets[udpPort % BUCKETS]; e !== undefined; e = e.next) {
      if (!e.fits(port, source, sourcePort, destination, udpPort)) continue;
      if (isMany && !e.hears(port.slot, destination)) continue;
      const flags = p.isGroup && !isMany ? MessageFlag.Broadcast : 0;
      const at = this.#copy(e, view, from, length, sourcePort, p.vid, flags);
      if (at >= 0) {
        const ring = e.page.received;
        ring.set(at, Message.Address, source);
        ring.set(at, Message.Destination, destination);
        ring.setTimeNs(at, p.nowNs);
        ring.setDriverNs(at, p.driverNs);
        ring.set(at, Message.HardwareLow, p.hardwareLow);
        ring.set(at, Message.HardwareHigh, p.hardwareHigh);
        this.delivery.publish(e, length);
        outcome = Outcome.Done;
        // EVL takes the broadcast address of a subnet for one host's; Linux does not.
        if (!p.isGroup) return outcome;
      } else if (outcome !== Outcome.Done) outcome = Drop.SocketBufferFull;
    }
    return outcome;
  }

  /** The same of a multicast of our own, for those here who are members too; its payload lies at `from`. */
  loop(
    port: Port,
    view: DataView,
    from: number,
    length: number,
    source: number,
    sourcePort: number,
    group: number,
    udpPort: number,
    nowNs: number,
  ): void {
    for (let e = this.#buckets[udpPort % BUCKETS]; e !== undefined; e = e.next) {
      if (!e.fits(port, source, sourcePort, group, udpPort) || !e.hears(port.slot, group)) continue;
      const at = this.#copy(e, view, from, length, sourcePort, port.slot, 0);
      if (at < 0) continue;
      const ring = e.page.received;
      ring.set(at, Message.Address, source);
      ring.set(at, Message.Destination, group);
      ring.setTimeNs(at, nowNs);
      ring.setDriverNs(at, 0);
      ring.set(at, Message.HardwareLow, 0);
      ring.set(at, Message.HardwareHigh, 0);
      this.delivery.publish(e, length);
    }
  }

  /**
   * The record of a datagram without its addresses and times, which are for the caller to set: what is more than a small integer of the
   * engine's costs an allocation as an argument. -1 where there is no room: then another socket may have it, as in EVL.
   */
  #copy(
    e: UdpEndpoint,
    view: DataView,
    from: number,
    length: number,
    sourcePort: number,
    vid: number,
    flags: number,
  ): number {
    const ring = e.page.received;
    const at = this.delivery.claim(e, length);
    if (at < 0) return -1;
    ring.set(at, Message.Payload, length);
    ring.set(at, Message.Port, sourcePort);
    ring.set(at, Message.Vid, vid);
    ring.set(at, Message.Flags, flags);
    copy(view, from, from + length, ring.view, ring.payloadAt(at));
    return at;
  }
}
