// From octets to a packet that a service may see: Ethernet and tags (IEEE 802.1Q), port, IPv4 (RFC 791, RFC 1122 §3.2.1).
import { Drop } from '../drop.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import { checkOptions } from '../wire/options.js';
import * as vlan from '../wire/vlan.js';
import type { Packet } from './packet.js';
import { type Port, Standing } from './port.js';

const MAX_TAGS = 2;

/** Reads addresses and tags: sets vid, tags, ethertype and l3. 0, or why not. */
export function dissect(p: Packet): number {
  const { view, at, end } = p;
  if (end - at < ethernet.HEADER_LENGTH) return Drop.FrameMalformed;
  let ethertype = ethernet.ethertype(view, at);
  let l3 = at + ethernet.HEADER_LENGTH;
  let tags = 0;
  let vid = 0;
  while (vlan.isTpid(ethertype)) {
    if (tags === MAX_TAGS || end - l3 < vlan.TAG_LENGTH) return Drop.VlanMalformed;
    // A tag's TPID is the ethertype before it: the tag seen from its TPID starts two octets earlier.
    vid = vlan.vid(view, l3 - 2);
    ethertype = vlan.ethertype(view, l3 - 2);
    l3 += vlan.TAG_LENGTH;
    tags++;
  }
  p.vid = vid;
  p.tags = tags;
  p.ethertype = ethertype;
  p.l3 = l3;
  return Drop.None;
}

/** Unicast must be sent to the port's own address; XDP sees to that, other drivers may not. */
export const isForPort = (p: Packet, port: Port): boolean =>
  ethernet.isGroup(p.view, p.at) || ethernet.isDestination(p.view, p.at, port.macHi, port.macLo);

/** Validates the IPv4 packet at l3: sets l4, packetEnd and isGroup. 0, or why not. */
export function receiveIpv4(p: Packet, port: Port): number {
  const { view, l3 } = p;
  const malformed = ipv4.check(view, l3, p.end);
  if (malformed !== Drop.None) return malformed;
  const source = ipv4.source(view, l3);
  const net = source >>> 24;
  // RFC 1122 §3.2.1.3: a source is one host, and not this one.
  if (net === 0 || net === 127 || net >= 224) return Drop.Ipv4BadSource;
  const standing = port.judge(source, ipv4.destination(view, l3));
  if (standing === Standing.BadSource) return Drop.Ipv4BadSource;
  // Linux answers for any address of the host on any interface; a port answers for its own, as each has its own network.
  if (standing === Standing.NotLocal) return Drop.Ipv4NotLocal;
  p.isGroup = standing === Standing.Group;
  const headerLength = ipv4.headerLength(view, l3);
  if (headerLength > ipv4.MIN_HEADER_LENGTH) {
    const bad = checkOptions(view, l3 + ipv4.MIN_HEADER_LENGTH, l3 + headerLength);
    if (bad !== Drop.None) return bad;
  }
  if (ipv4.isFragment(view, l3)) return Drop.Ipv4Fragment;
  p.l4 = l3 + headerLength;
  p.packetEnd = l3 + ipv4.totalLength(view, l3);
  return Drop.None;
}
