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

// What this file needs of others, as constants of its own: the engine folds those into the code, while it loads and checks an import at
// every use.
const ADDRESS = ethernet.ADDRESS_LENGTH;
const MIN_IPV4 = ipv4.MIN_HEADER_LENGTH;
const TTL = ipv4.DEFAULT_TTL;
const { Reply } = Outcome;
const { copyAddress, isGroupSource } = ethernet;
const setFrameSource = ethernet.setSource;
const { reverse, isReserved, replaceTtl } = ipv4;

/** Frame addresses: back to the sender, from the port. */
function turnFrame(p: Packet, port: Port): void {
  copyAddress(p.view, p.at + ADDRESS, p.at);
  setFrameSource(p.view, p.at, port.macHi, port.macLo);
}

/** A reply must have one host to go to. */
export const isAnswerable = (p: Packet): boolean => !isGroupSource(p.view, p.at);

/**
 * An echo reply: options as RFC 1122 §3.2.2.6 and Linux return them, which may move `at` and `l3`. The packet must be to one of
 * the port's own addresses, as for every reply.
 */
export function replyEcho(p: Packet, port: Port): number {
  if (!isAnswerable(p)) return Drop.SourceUnreachable;
  const hasOptions = p.l4 - p.l3 > MIN_IPV4;
  if (hasOptions && !turnOptions(p, port)) return Drop.Ipv4BadOptions;
  return turnPacket(p, port, hasOptions);
}

/** Another ICMP reply: as replyEcho, where the message ends elsewhere than its request did. */
export function replyMessage(p: Packet, port: Port): number {
  if (!isAnswerable(p)) return Drop.SourceUnreachable;
  if (p.l4 - p.l3 > MIN_IPV4 && !turnOptions(p, port)) return Drop.Ipv4BadOptions;
  ipv4.setTotalLength(p.view, p.l3, p.packetEnd - p.l3);
  return turnPacket(p, port, true);
}

/** A datagram: options are the application's to send (RFC 1122 §4.1.3.2), and the services here send none. May move `at` and `l3`. */
export function replyDatagram(p: Packet, port: Port): number {
  if (!isAnswerable(p)) return Drop.SourceUnreachable;
  const options = p.l3 + MIN_IPV4;
  const hasOptions = p.l4 > options;
  if (hasOptions) closeUp(p, options, p.l4 - options);
  const length = p.packetEnd - p.l3;
  // The datagram may have been shorter than its packet.
  const isChanged = hasOptions || length !== ipv4.totalLength(p.view, p.l3);
  if (isChanged) ipv4.setTotalLength(p.view, p.l3, length);
  return turnPacket(p, port, isChanged);
}

/**
 * Turns frame and IPv4 header round: TTL 64, TOS kept. DF and identification stay as they came: a reply without DF is then as
 * unique as the request was, and one with DF need not be (RFC 6864). Linux clears DF and numbers its replies itself.
 */
function turnPacket(p: Packet, port: Port, isChanged: boolean): number {
  const { view, l3 } = p;
  turnFrame(p, port);
  reverse(view, l3);
  if (isChanged || isReserved(view, l3)) {
    ipv4.setDontFragment(view, l3, ipv4.isDontFragment(view, l3));
    ipv4.setTtl(view, l3, TTL);
    ipv4.writeChecksum(view, l3);
  } else replaceTtl(view, l3, TTL);
  p.replyEnd = p.packetEnd;
  return Reply;
}

/** Writes the reply's options where the request's ended. */
function turnOptions(p: Packet, port: Port): boolean {
  const { view, l3 } = p;
  const options = l3 + MIN_IPV4;
  const own = ipv4.destination(view, l3);
  const broadcast = port.broadcasts[port.addresses.indexOf(own)];
  const length = echoOptions(view, options, p.l4, own, Date.now() % MS_PER_DAY, broadcast);
  if (length < 0) return false;
  const gap = p.l4 - options - length;
  if (gap === 0) return true;
  closeUp(p, options, gap);
  ipv4.setTotalLength(view, p.l3, p.packetEnd - p.l3);
  return true;
}

/** Moves what is before `end` up by `gap`, so that the frame begins later and the payload stays where it is. */
function closeUp(p: Packet, end: number, gap: number): void {
  moveUp(p.view, p.at, end, gap);
  p.at += gap;
  p.l3 += gap;
  ipv4.setHeaderLength(p.view, p.l3, p.l4 - p.l3);
}

/** Turns the frame round; the caller has written what it carries, up to `end`. */
export function replyFrame(p: Packet, port: Port, end: number): number {
  if (!isAnswerable(p)) return Drop.SourceUnreachable;
  turnFrame(p, port);
  p.replyEnd = end;
  return Reply;
}
