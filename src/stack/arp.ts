// RFC 826 and RFC 5227, for evlnet VLAN ports only: on kernel devices ARP is the kernel's.
import { Drop } from '../drop.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import * as vlan from '../wire/vlan.js';
import { isAnswerable, replyFrame } from './egress.js';
import type { Packet } from './packet.js';
import { type Port, Standing } from './port.js';
import { Outcome } from './service.js';

/** Answers requests and probes for the port's addresses. A packet that claims one of them counts as a conflict. */
export function receiveArp(p: Packet, port: Port): number {
  const { view, l3 } = p;
  const malformed = arp.check(view, l3, p.end);
  if (malformed !== Drop.None) return malformed;
  const claimed = arp.senderAddress(view, l3);
  const isOwn = arp.senderHi(view, l3) === port.macHi && arp.senderLo(view, l3) === port.macLo;
  if (port.owns(claimed) && !isOwn) return Drop.ArpConflict;
  const target = arp.targetAddress(view, l3);
  if (arp.operation(view, l3) !== arp.Operation.Request || isOwn || !port.owns(target))
    return Drop.ArpOtherTarget;
  // Linux answers nobody who cannot be a host; a probe comes from 0.0.0.0.
  if (claimed !== 0 && (!ipv4.isUnicast(claimed) || port.judge(claimed, target) === Standing.BadSource))
    return Drop.Ipv4BadSource;
  // RFC 826 sends the reply to the sender's hardware address, which is not the frame's source where another asks for the sender.
  if (!isAnswerable(p)) return Drop.SourceUnreachable;
  ethernet.setSource(view, p.at, arp.senderHi(view, l3), arp.senderLo(view, l3));
  const outcome = replyFrame(p, port, l3 + arp.LENGTH);
  if (outcome === Outcome.Reply) arp.reply(view, l3, port.macHi, port.macLo, target);
  return outcome;
}

/** Writes a tagged broadcast frame with an ARP probe (RFC 5227 §1.1) or announcement of `address`; returns its length. */
export function writeOwn(
  view: DataView,
  at: number,
  port: Port,
  address: number,
  what: 'probe' | 'announcement',
): number {
  ethernet.setDestination(view, at, ethernet.BROADCAST_HI, ethernet.BROADCAST_LO);
  ethernet.setSource(view, at, port.macHi, port.macLo);
  vlan.write(view, at + 12, vlan.TPID_CUSTOMER, port.slot);
  const l3 = at + ethernet.HEADER_LENGTH + vlan.TAG_LENGTH;
  ethernet.setEthertype(view, l3 - ethernet.HEADER_LENGTH, ethernet.EtherType.Arp);
  if (what === 'probe') arp.writeRequest(view, l3, port.macHi, port.macLo, 0, address);
  else arp.writeAnnouncement(view, l3, port.macHi, port.macLo, address);
  return l3 + arp.LENGTH - at;
}
