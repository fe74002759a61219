// RFC 862, the echo protocol over UDP.
import { Drop } from '../drop.js';
import type { Packet } from '../stack/packet.js';
import { Outcome, type UdpService } from '../stack/service.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';

/** Returns every datagram to its sender, unchanged. */
export function udpEcho(udpPort: number): UdpService {
  return {
    name: 'udp-echo',
    udpPort,
    datagram(p: Packet): number {
      if (p.isGroup) return Drop.UdpBroadcast;
      // Two echo services would answer each other for ever; port 0 cannot be answered (RFC 768).
      const from = udp.sourcePort(p.view, p.l4);
      if (from === udpPort || from === 0) return Drop.ServiceRefused;
      udp.swapPorts(p.view, p.l4);
      // RFC 1122 §4.1.3.4: checksums are sent unless the application asked for none.
      if (udp.datagramChecksum(p.view, p.l4) === 0)
        udp.writeChecksum(p.view, p.l4, ipv4.sourceBits(p.view, p.l3), ipv4.destinationBits(p.view, p.l3));
      return Outcome.Reply;
    },
  };
}
