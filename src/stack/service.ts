import type { Packet } from './packet.js';
import type { Port } from './port.js';

/**
 * What became of a packet: a `Drop` reason (above zero), or one of these. A service answers in place: it edits the packet
 * where it lies and returns Reply, and the stack turns the headers round and transmits it.
 */
export const Outcome = {
  /** Transmit it from where it lies. */
  Reply: -1,
  /** Delivered; the chunk goes back. */
  Done: -2,
  /** Not mine: the next one. */
  Pass: -3,
} as const;

/** Services run out-of-band: they must not allocate per packet, throw, print or wait. */
export interface Service {
  readonly name: string;
}

/** Receives the checked ICMP messages of its port; `packet.l4` is the ICMP header. A Reply's headers are turned round by the service. */
export interface IcmpService extends Service {
  /** Answers every echo request to an address of the port and does nothing else with it: the stack may do so in its place. */
  readonly isEchoResponder?: boolean;
  message(packet: Packet, port: Port): number;
}

/** Receives the datagrams to one UDP port, checked; `packet.l4` is the UDP header. */
export interface UdpService extends Service {
  readonly udpPort: number;
  datagram(packet: Packet): number;
}

/** Sees every frame of its port first, as EVL's packet sockets do; Done keeps it from all others. */
export interface PacketService extends Service {
  frame(packet: Packet): number;
}
