// A received packet turned round where it lies: no copy, no look-up, both tags and their priority kept.
import { Drop } from '../drop.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import { moveUp } from '../wire/octets.js';
import { echoOptions } from '../wire/options.js';
import type { Packet } from './packet.js';
import type { Port } from './port.js';
import { Outcome } from './service.js';

const MS_PER_DAY = 86_400_000;

/** Frame addresses: back to the sender, from the port. */
function turnFrame(p: Packet, port: Port): void {
  ethernet.copyAddress(p.view, p.at + ethernet.ADDRESS_LENGTH, p.at);
  ethernet.setSource(p.view, p.at, port.macHi, port.macLo);
}

/** A reply must have one host to go to. */
export const isAnswerable = (p: Packet): boolean => !ethernet.isGroupSource(p.view, p.at);

/**
 * Turns frame and IPv4 header round, for a packet to one of the port's own addresses: TTL 64, TOS kept, options as RFC 1122
 * §3.2.2.6 and Linux return them, which may move `at` and `l3`. DF and identification stay as they came: a reply without DF is
 * then as unique as the request was, and one with DF need not be (RFC 6864). Linux clears DF and numbers its replies itself.
 */
export function replyIpv4(p: Packet, port: Port): number {
  if (!isAnswerable(p)) return Drop.SourceUnreachable;
  const hasOptions = p.l4 - p.l3 > ipv4.MIN_HEADER_LENGTH;
  if (hasOptions && !turnOptions(p, port)) return Drop.Ipv4BadOptions;
  const { view, l3 } = p;
  turnFrame(p, port);
  ipv4.reverse(view, l3);
  if (hasOptions || ipv4.isReserved(view, l3)) {
    ipv4.setDontFragment(view, l3, ipv4.isDontFragment(view, l3));
    ipv4.setTtl(view, l3, ipv4.DEFAULT_TTL);
    ipv4.writeChecksum(view, l3);
  } else ipv4.replaceTtl(view, l3, ipv4.DEFAULT_TTL);
  p.replyEnd = p.packetEnd;
  return Outcome.Reply;
}

/** Writes the reply's options where the request's ended. Shorter ones make the frame begin later: the payload stays where it is. */
function turnOptions(p: Packet, port: Port): boolean {
  const { view, l3 } = p;
  const options = l3 + ipv4.MIN_HEADER_LENGTH;
  const own = ipv4.destination(view, l3);
  const broadcast = port.broadcasts[port.addresses.indexOf(own)];
  const length = echoOptions(view, options, p.l4, own, Date.now() % MS_PER_DAY, broadcast);
  if (length < 0) return false;
  const gap = p.l4 - options - length;
  if (gap === 0) return true;
  moveUp(view, p.at, options, gap);
  p.at += gap;
  p.l3 += gap;
  ipv4.setHeaderLength(view, p.l3, ipv4.MIN_HEADER_LENGTH + length);
  ipv4.setTotalLength(view, p.l3, p.packetEnd - p.l3);
  return true;
}

/** Turns the frame round; the caller has written what it carries, up to `end`. */
export function replyFrame(p: Packet, port: Port, end: number): number {
  if (!isAnswerable(p)) return Drop.SourceUnreachable;
  turnFrame(p, port);
  p.replyEnd = end;
  return Outcome.Reply;
}
