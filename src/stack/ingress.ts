// From octets to a packet that a service may see: Ethernet and tags (IEEE 802.1Q), port, IPv4 (RFC 791, RFC 1122 §3.2.1).
import { Drop } from '../drop.js';
import { isMulticast } from '../wire/address.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import { checkOptions } from '../wire/options.js';
import * as vlan from '../wire/vlan.js';
import type { Packet } from './packet.js';
import { type Port, Standing } from './port.js';

const MAX_TAGS = 2;

// What this file needs of others, as constants of its own: the engine folds those into the code, while it loads and checks an import at
// every use.
const { None } = Drop;
const ETHERNET = ethernet.HEADER_LENGTH;
const TAG = vlan.TAG_LENGTH;
const MIN_IPV4 = ipv4.MIN_HEADER_LENGTH;
const { Igmp, Udp } = ipv4.Protocol;
const { Group, BadSource, NotLocal } = Standing;
const ethertypeOf = ethernet.ethertype;
const { isGroup, isDestination } = ethernet;
const { isTpid } = vlan;
const vidOf = vlan.vid;
const nextOf = vlan.ethertype;
const isMany = isMulticast;
const { check, protocol, sourceBits, destinationBits, isUnicast, headerLength, totalLength } = ipv4;

/** Reads addresses and tags: sets vid, tags, ethertype and l3. 0, or why not. */
export function dissect(p: Packet): number {
  const { view, at, end } = p;
  if (end - at < ETHERNET) return Drop.FrameMalformed;
  let ethertype = ethertypeOf(view, at);
  let l3 = at + ETHERNET;
  let tags = 0;
  let vid = 0;
  while (isTpid(ethertype)) {
    if (tags === MAX_TAGS || end - l3 < TAG) return Drop.VlanMalformed;
    // A tag's TPID is the ethertype before it: the tag seen from its TPID starts two octets earlier.
    vid = vidOf(view, l3 - 2);
    ethertype = nextOf(view, l3 - 2);
    l3 += TAG;
    tags++;
  }
  p.vid = vid;
  p.tags = tags;
  p.ethertype = ethertype;
  p.l3 = l3;
  return None;
}

/** `to`: bits, which may have a sign. */
const mayBeNobody = (kind: number, to: number): boolean =>
  (kind === Igmp && isMany(to)) || (kind === Udp && (to | 0) === -1);

/** Unicast must be sent to the port's own address; XDP sees to that, other drivers may not. */
export const isForPort = (p: Packet, port: Port): boolean =>
  isDestination(p.view, p.at, port.macHi, port.macLo) || isGroup(p.view, p.at);

/** Validates the IPv4 packet or fragment at l3: sets l4, packetEnd and isGroup, also where only its options are wrong. 0, or why not. */
export function receiveIpv4(p: Packet, port: Port): number {
  const { view, l3 } = p;
  const malformed = check(view, l3, p.end);
  if (malformed !== None) return malformed;
  const from = sourceBits(view, l3);
  const to = destinationBits(view, l3);
  // RFC 1122 §3.2.1.3: a source is one host, and not this one. Who asks by IGMP may have no address (RFC 4541 §2.1.1), nor who asks all for one.
  const isNobody = from === 0 && mayBeNobody(protocol(view, l3), to);
  if (!isUnicast(from) && !isNobody) return Drop.Ipv4BadSource;
  const standing = port.judge(from, to);
  if (standing === BadSource) return Drop.Ipv4BadSource;
  // Linux answers for any address of the host on any interface; a port answers for its own, as each has its own network.
  if (standing === NotLocal) return Drop.Ipv4NotLocal;
  p.isGroup = standing === Group;
  // RFC 1112 §7.1.
  if (p.isGroup && isMany(to) && !port.groups.has(to >>> 0)) return Drop.MulticastNotJoined;
  const length = headerLength(view, l3);
  p.l4 = l3 + length;
  p.packetEnd = l3 + totalLength(view, l3);
  return length > MIN_IPV4 ? checkOptions(view, l3 + MIN_IPV4, p.l4) : None;
}
