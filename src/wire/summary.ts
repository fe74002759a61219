// A frame in one line, as tcpdump would tell of it. Any octets will do; for people, never per frame in hot code.
import { DROPS, Drop } from '../drop.js';
import { formatIpv4, formatMac } from './address.js';
import * as arp from './arp.js';
import * as ethernet from './ethernet.js';
import * as icmpv4 from './icmpv4.js';
import * as ipv4 from './ipv4.js';
import * as udp from './udp.js';
import * as vlan from './vlan.js';

/** `vid 42 10.10.10.10 > 10.10.10.11 ICMP echo request id 7 seq 1` */
export function summary(v: DataView, at: number, end: number): string {
  if (ethernet.check(v, at, end) !== Drop.None)
    return `${end - at} octets, ${DROPS[Drop.FrameMalformed]![0]}`;
  const vids: number[] = [];
  let ethertype = ethernet.ethertype(v, at);
  let next = at + ethernet.HEADER_LENGTH;
  while (vlan.isTpid(ethertype) && vlan.check(v, next - 2, end) === Drop.None) {
    vids.push(vlan.vid(v, next - 2));
    ethertype = vlan.ethertype(v, next - 2);
    next += vlan.TAG_LENGTH;
  }
  const tags = vids.length === 0 ? '' : `vid ${vids.join('.')} `;
  return tags + payload(v, at, next, end, ethertype);
}

function payload(v: DataView, frame: number, at: number, end: number, ethertype: number): string {
  if (ethertype === ethernet.EtherType.Ipv4) return ipv4Summary(v, at, end);
  if (ethertype === ethernet.EtherType.Arp && arp.check(v, at, end) === Drop.None) return arpSummary(v, at);
  const name = NAMES.get(ethertype) ?? `ethertype 0x${ethertype.toString(16).padStart(4, '0')}`;
  const source = formatMac(ethernet.sourceHi(v, frame), ethernet.sourceLo(v, frame));
  const destination = formatMac(ethernet.destinationHi(v, frame), ethernet.destinationLo(v, frame));
  return `${source} > ${destination} ${name}, ${end - at} octets`;
}

/** Of those that people meet beside IPv4. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [ethernet.EtherType.Arp, 'ARP'],
  [ethernet.EtherType.Ipv6, 'IPv6'],
  [0x8892, 'PROFINET'],
  [0x88a4, 'EtherCAT'],
  [0x88cc, 'LLDP'],
  [0x88f7, 'PTP'],
]);

function arpSummary(v: DataView, at: number): string {
  const sender = formatIpv4(arp.senderAddress(v, at));
  const target = formatIpv4(arp.targetAddress(v, at));
  return arp.operation(v, at) === arp.Operation.Request
    ? `ARP who has ${target}, tell ${sender}`
    : `ARP ${sender} is at ${formatMac(arp.senderHi(v, at), arp.senderLo(v, at))}`;
}

function ipv4Summary(v: DataView, at: number, end: number): string {
  const bad = ipv4.check(v, at, end);
  if (bad !== Drop.None) return `IPv4, ${end - at} octets, ${DROPS[bad]![0]}`;
  const source = formatIpv4(ipv4.source(v, at));
  const destination = formatIpv4(ipv4.destination(v, at));
  const next = at + ipv4.headerLength(v, at);
  const last = at + ipv4.totalLength(v, at);
  const offset = ipv4.fragmentOffset(v, at);
  const protocol = ipv4.protocol(v, at);
  if (offset > 0) return `${source} > ${destination} ${protocolName(protocol)} fragment at ${offset}`;
  const more = ipv4.isMoreFragments(v, at) ? ', first fragment' : '';
  const hasPorts = (protocol === ipv4.Protocol.Udp || protocol === ipv4.Protocol.Tcp) && last - next >= 4;
  if (hasPorts)
    return `${source}.${udp.sourcePort(v, next)} > ${destination}.${udp.destinationPort(v, next)} ${protocolName(protocol)}, ${last - next} octets${more}`;
  if (protocol === ipv4.Protocol.Icmp && last - next >= icmpv4.HEADER_LENGTH)
    return `${source} > ${destination} ICMP ${icmpSummary(v, next)}${more}`;
  return `${source} > ${destination} ${protocolName(protocol)}, ${last - next} octets${more}`;
}

function icmpSummary(v: DataView, at: number): string {
  const type = icmpv4.type(v, at);
  const code = icmpv4.code(v, at);
  const query = QUERIES.get(type);
  if (query !== undefined) return `${query} id ${icmpv4.identifier(v, at)} seq ${icmpv4.sequence(v, at)}`;
  const mtu =
    type === icmpv4.Type.DestinationUnreachable && code === icmpv4.Code.FragmentationNeeded
      ? `, mtu ${icmpv4.nextHopMtu(v, at)}`
      : '';
  return `${ERRORS.get(type)?.[code] ?? `type ${type} code ${code}`}${mtu}`;
}

const QUERIES: ReadonlyMap<number, string> = new Map([
  [icmpv4.Type.EchoReply, 'echo reply'],
  [icmpv4.Type.Echo, 'echo request'],
  [icmpv4.Type.Timestamp, 'timestamp request'],
  [icmpv4.Type.TimestampReply, 'timestamp reply'],
]);

/** By code: RFC 792, and RFC 1812 for what is prohibited. */
const ERRORS: ReadonlyMap<number, Readonly<Record<number, string>>> = new Map([
  [
    icmpv4.Type.DestinationUnreachable,
    {
      0: 'net unreachable',
      1: 'host unreachable',
      2: 'protocol unreachable',
      3: 'port unreachable',
      4: 'fragmentation needed',
      5: 'source route failed',
      13: 'prohibited',
    },
  ],
  [icmpv4.Type.SourceQuench, { 0: 'source quench' }],
  [icmpv4.Type.Redirect, { 0: 'redirect net', 1: 'redirect host' }],
  [icmpv4.Type.TimeExceeded, { 0: 'time exceeded in transit', 1: 'time exceeded in reassembly' }],
  [icmpv4.Type.ParameterProblem, { 0: 'parameter problem' }],
]);

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [ipv4.Protocol.Icmp, 'ICMP'],
  [ipv4.Protocol.Tcp, 'TCP'],
  [ipv4.Protocol.Udp, 'UDP'],
]);
const protocolName = (protocol: number): string => PROTOCOLS.get(protocol) ?? `protocol ${protocol}`;
