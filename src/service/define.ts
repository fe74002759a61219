import type { Packet } from '../stack/packet.js';
import { type IcmpService, Outcome, type PacketService, type UdpService } from '../stack/service.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';

/** A service of a user's own: of datagrams to a UDP port (0: to all), of ICMP messages, or of whole frames. */
export type UserService = UdpService | IcmpService | PacketService;

/** Makes a service; `options` are those that it was started with. */
export type ServiceMaker<O> = (options: O) => UserService;

/**
 * What a module that holds a service exports as its default. The maker is called once for each start, in the out-of-band thread; from then on
 * the service is called for each packet, between receive and transmit: it must not allocate, throw, print or wait, and has no event loop.
 */
export const defineService = <O = undefined>(make: ServiceMaker<O>): ServiceMaker<O> => make;

/** First octet of the payload of a datagram, in `packet.view`; it ends at `packet.packetEnd`. */
export const payloadAt = (packet: Packet): number => packet.l4 + udp.HEADER_LENGTH;

/** Octets of the payload of a datagram. */
export const payloadLength = (packet: Packet): number => packet.packetEnd - payloadAt(packet);

/** Sends the datagram back to where it came from, with the `length` octets of payload that the service has written in its place. */
export function replyWith(packet: Packet, length: number): number {
  const { view, l3, l4 } = packet;
  udp.swapPorts(view, l4);
  udp.setLength(view, l4, udp.HEADER_LENGTH + length);
  packet.packetEnd = payloadAt(packet) + length;
  udp.writeChecksum(view, l4, ipv4.source(view, l3), ipv4.destination(view, l3));
  return Outcome.Reply;
}
