import type { Packet } from '../stack/packet.js';
import { Outcome, type PacketService } from '../stack/service.js';

/** Shows frames of one Ethernet type (0: all of them) to `see`; like an EVL socket bound to ETH_P_ALL it takes none away, bound to a type it consumes. */
export function packetReceive(ethertype: number, see: (p: Packet) => void): PacketService {
  return {
    name: 'packet-receive',
    frame(p: Packet): number {
      if (ethertype === 0) {
        see(p);
        return Outcome.Pass;
      }
      if (p.ethertype !== ethertype) return Outcome.Pass;
      see(p);
      return Outcome.Done;
    },
  };
}
