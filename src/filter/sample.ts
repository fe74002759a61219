// Frames to try a filter on: what a TCP connection sends to us (RFC 9293, in RFC 791 or RFC 8200), and a question for our address (RFC 826).
import * as address from '../wire/address.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import { readIpv6 } from '../wire/ipv6-address.js';
import * as vlan from '../wire/vlan.js';

/** Where frames come in: MAC address of the device, and the tag that they carry. */
export interface SamplePlace {
  readonly lladdr: string;
  readonly vid?: number | undefined;
}

/** One end to the other, addresses as text, both IPv4 or both IPv6. */
export interface Flow {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
}

const IPV6 = 0x86dd;
const IPV6_LENGTH = 40;
const TCP_LENGTH = 20;
const ACK = 0x10;
const PUSH = 0x08;
/** A locally administered address, as that of the sender. */
const SENDER = { hi: 0x02fc, lo: 0xfffe };
/** Octets of a keystroke and of a screen: a filter may look at lengths. */
const PAYLOADS = [0, 36, 1200];

/** Segments from the client; none where the addresses are not of one family. */
export function tcpSamples(flow: Flow, place: SamplePlace): Uint8Array[] {
  const isIpv6 = flow.server.includes(':');
  return PAYLOADS.flatMap((payload) => (isIpv6 ? overIpv6 : overIpv4)(flow, place, payload) ?? []);
}

/** A broadcast request for `text`; nothing where that is no IPv4 address. */
export function arpSample(place: SamplePlace, text: string): Uint8Array | undefined {
  const target = address.readIpv4(text);
  if (target === undefined) return undefined;
  const { octets, view, l3 } = start(place, ethernet.EtherType.Arp, arp.LENGTH);
  ethernet.setDestination(view, 0, ethernet.BROADCAST_HI, ethernet.BROADCAST_LO);
  arp.writeRequest(view, l3, SENDER.hi, SENDER.lo, (target ^ 1) >>> 0, target);
  return octets;
}

function overIpv4(flow: Flow, place: SamplePlace, payload: number): Uint8Array | undefined {
  const source = address.readIpv4(flow.client);
  const destination = address.readIpv4(flow.server);
  if (source === undefined || destination === undefined) return undefined;
  const length = ipv4.MIN_HEADER_LENGTH + TCP_LENGTH + payload;
  const { octets, view, l3 } = start(place, ethernet.EtherType.Ipv4, length);
  ipv4.write(view, l3, { totalLength: length, protocol: ipv4.Protocol.Tcp, source, destination });
  writeTcp(view, l3 + ipv4.MIN_HEADER_LENGTH, flow, payload > 0);
  return octets;
}

function overIpv6(flow: Flow, place: SamplePlace, payload: number): Uint8Array | undefined {
  // A zone (fe80::1%eth0) is not part of the packet.
  const [source, destination] = [flow.client, flow.server].map((text) => readIpv6(text.split('%')[0]!));
  if (source === undefined || destination === undefined) return undefined;
  const { octets, view, l3 } = start(place, IPV6, IPV6_LENGTH + TCP_LENGTH + payload);
  view.setUint32(l3, 0x6000_0000);
  view.setUint16(l3 + 4, TCP_LENGTH + payload);
  view.setUint8(l3 + 6, ipv4.Protocol.Tcp);
  view.setUint8(l3 + 7, ipv4.DEFAULT_TTL);
  for (const [i, word] of [...source, ...destination].entries()) view.setUint32(l3 + 8 + i * 4, word);
  writeTcp(view, l3 + IPV6_LENGTH, flow, payload > 0);
  return octets;
}

/** Without its checksum, which no filter has reason to look at. */
function writeTcp(v: DataView, at: number, flow: Flow, isData: boolean): void {
  v.setUint16(at, flow.clientPort);
  v.setUint16(at + 2, flow.serverPort);
  v.setUint32(at + 4, 0x1000_0000);
  v.setUint32(at + 8, 0x2000_0000);
  v.setUint8(at + 12, (TCP_LENGTH / 4) << 4);
  v.setUint8(at + 13, isData ? ACK | PUSH : ACK);
  v.setUint16(at + 14, 0xffff);
}

/** A frame with its MAC header, and the tag where there is one; padded to what the wire wants. */
function start({ lladdr, vid }: SamplePlace, ethertype: number, length: number) {
  const l3 = ethernet.HEADER_LENGTH + (vid === undefined ? 0 : vlan.TAG_LENGTH);
  const octets = new Uint8Array(Math.max(l3 + length, ethernet.MIN_FRAME_LENGTH));
  const view = new DataView(octets.buffer);
  const { hi, lo } = address.parseMac(lladdr);
  ethernet.setDestination(view, 0, hi, lo);
  ethernet.setSource(view, 0, SENDER.hi, SENDER.lo);
  if (vid === undefined) ethernet.setEthertype(view, 0, ethertype);
  else {
    vlan.write(view, 2 * ethernet.ADDRESS_LENGTH, vlan.TPID_CUSTOMER, vid);
    view.setUint16(l3 - 2, ethertype);
  }
  return { octets, view, l3 };
}
