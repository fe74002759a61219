// RFC 826 and RFC 5227, for evlnet VLAN ports only: on kernel devices ARP is the kernel's.
import { Drop } from '../drop.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import * as vlan from '../wire/vlan.js';
import { isAnswerable, replyFrame } from './egress.js';
import type { Neighbours } from './neighbour.js';
import type { Packet } from './packet.js';
import { type Port, Standing } from './port.js';
import { Outcome } from './service.js';

/** Of the first 16 bits of a MAC address: no host has such a one (Linux asks nothing, RFC 1812 §3.3.2 forbids to believe it). */
const GROUP_BIT = 0x0100;

/**
 * Answers requests and probes for the port's addresses, and learns from what others say of themselves: arp_process() of net/ipv4/arp.c. A
 * packet that claims an address of the port counts as a conflict.
 */
export function receiveArp(p: Packet, port: Port, neighbours: Neighbours): number {
  const { view, l3 } = p;
  const malformed = arp.check(view, l3, p.end);
  if (malformed !== Drop.None) return malformed;
  const claimed = arp.senderAddress(view, l3);
  const hi = arp.senderHi(view, l3);
  const lo = arp.senderLo(view, l3);
  const isOwn = hi === port.macHi && lo === port.macLo;
  if (port.owns(claimed) && !isOwn) return Drop.ArpConflict;
  const target = arp.targetAddress(view, l3);
  const asks = arp.operation(view, l3) === arp.Operation.Request && !isOwn && port.owns(target);
  // Linux answers nobody who cannot be a host, and learns nothing of one; a probe comes from 0.0.0.0.
  const isHost = ipv4.isUnicast(claimed) && port.judge(claimed, target) !== Standing.BadSource;
  if (asks) {
    if (claimed !== 0 && !isHost) return Drop.Ipv4BadSource;
    // RFC 826 sends the reply to the sender's hardware address, which is not the frame's source where another asks for the sender.
    if (!isAnswerable(p)) return Drop.SourceUnreachable;
  } else if (isOwn || !isHost) return Drop.ArpOtherTarget;
  if (claimed !== 0 && (hi & GROUP_BIT) === 0) {
    const isSure =
      arp.operation(view, l3) === arp.Operation.Reply && !ethernet.isGroup(view, p.at) && port.owns(target);
    const isAnnouncement = arp.isAnnouncement(view, l3);
    const isNews = neighbours.learn(port, claimed, hi, lo, isSure, asks, isAnnouncement, p.nowNs);
    if (!asks) return isNews ? Outcome.Done : Drop.ArpOtherTarget;
  } else if (!asks) return Drop.ArpOtherTarget;
  ethernet.setSource(view, p.at, hi, lo);
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
  const l3 = writeHeader(view, at, port, ethernet.BROADCAST_HI, ethernet.BROADCAST_LO);
  if (what === 'probe') arp.writeRequest(view, l3, port.macHi, port.macLo, 0, address);
  else arp.writeAnnouncement(view, l3, port.macHi, port.macLo, address);
  return l3 + arp.LENGTH - at;
}

/** Writes a tagged frame to `hi`, `lo` that asks who has `target`; returns its length. The port has an address. */
export function writeWhoHas(
  view: DataView,
  at: number,
  port: Port,
  hi: number,
  lo: number,
  target: number,
): number {
  const l3 = writeHeader(view, at, port, hi, lo);
  arp.writeRequest(view, l3, port.macHi, port.macLo, port.addressFor(target), target);
  return l3 + arp.LENGTH - at;
}

/** Returns where the packet begins. */
function writeHeader(view: DataView, at: number, port: Port, hi: number, lo: number): number {
  ethernet.setDestination(view, at, hi, lo);
  ethernet.setSource(view, at, port.macHi, port.macLo);
  vlan.write(view, at + 12, vlan.TPID_CUSTOMER, port.slot);
  const l3 = at + ethernet.HEADER_LENGTH + vlan.TAG_LENGTH;
  ethernet.setEthertype(view, l3 - ethernet.HEADER_LENGTH, ethernet.EtherType.Arp);
  return l3;
}
