// What an echo client sends, and how it knows that it came back: ICMP echo (RFC 792), or a datagram to whoever sends datagrams back (RFC 862).
import type { Packet } from '../stack/packet.js';
import * as checksum from '../wire/checksum.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';

/** Octets of the header in front of the payload, whichever it is. */
export const QUESTION_HEADER = 8;

/** Each has a sequence number, 16 bits. */
export interface EchoQuestion {
  readonly protocol: number;
  /** Octets at the beginning of the payload that number the questions. */
  readonly numberLength: number;
  /** Writes header and sequence over `message`, of which the payload is there. */
  write(message: DataView, sequence: number, source: number, destination: number): void;
  /** Sequence of the question that the packet answers; -1: of none. */
  answered(p: Packet): number;
  /** The same of the one whose first eight octets are at `at`; 0 where the octets do not say which. */
  quoted(view: DataView, at: number, end: number): number;
}

/** `identifier` tells one client's from another's. */
export const icmpQuestion = (identifier: number): EchoQuestion => ({
  protocol: ipv4.Protocol.Icmp,
  numberLength: 0,
  write(message, sequence) {
    icmpv4.writeEcho(message, 0, message.byteLength, icmpv4.Type.Echo, identifier, sequence);
  },
  answered({ view, l4 }) {
    const isOurs =
      icmpv4.type(view, l4) === icmpv4.Type.EchoReply && icmpv4.identifier(view, l4) === identifier;
    return isOurs ? icmpv4.sequence(view, l4) : -1;
  },
  quoted(view, at) {
    const isOurs = icmpv4.type(view, at) === icmpv4.Type.Echo && icmpv4.identifier(view, at) === identifier;
    return isOurs ? icmpv4.sequence(view, at) : -1;
  },
});

/** From `ownPort`, which tells one client's from another's, to `udpPort`. The payload begins with the sequence number. */
export const udpQuestion = (ownPort: number, udpPort: number): EchoQuestion => ({
  protocol: ipv4.Protocol.Udp,
  numberLength: 2,
  write(message, sequence, source, destination) {
    message.setUint16(QUESTION_HEADER, sequence);
    const { byteLength } = message;
    const sum = checksum.sum(message, QUESTION_HEADER, byteLength);
    udp.writeOver(message, 0, sum, ownPort, udpPort, byteLength, source, destination);
  },
  answered({ view, l4, packetEnd }) {
    const isOurs = udp.sourcePort(view, l4) === udpPort && udp.destinationPort(view, l4) === ownPort;
    return isOurs && packetEnd - l4 >= QUESTION_HEADER + 2 ? view.getUint16(l4 + QUESTION_HEADER) : -1;
  },
  quoted(view, at, end) {
    const isOurs = udp.sourcePort(view, at) === ownPort && udp.destinationPort(view, at) === udpPort;
    if (!isOurs) return -1;
    // RFC 792 has 64 bits of it quoted, RFC 1812 more.
    return end - at >= QUESTION_HEADER + 2 ? view.getUint16(at + QUESTION_HEADER) : 0;
  },
});
