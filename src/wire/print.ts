// A frame as text, one line a header and then the octets; for tests and `-d`, never per frame in hot code.
import { DROPS, Drop } from '../drop.js';
import { formatIpv4, formatMac } from './address.js';
import * as arp from './arp.js';
import * as ethernet from './ethernet.js';
import * as icmpv4 from './icmpv4.js';
import * as ipv4 from './ipv4.js';
import * as udp from './udp.js';
import * as vlan from './vlan.js';

const OCTETS_A_LINE = 16;

/** Headers and hex dump of the frame at `at`..`end`, without a line end after the last line. Any octets will do. */
export const print = (v: DataView, at: number, end: number): string =>
  [...headers(v, at, end), ...dump(v, at, end)].join('\n');

/** One line a header. What is malformed ends the lines with its drop reason. */
export function headers(v: DataView, at: number, end: number): string[] {
  if (ethernet.check(v, at, end) !== Drop.None) return [problem('ethernet', Drop.FrameMalformed, end - at)];
  const lines = [
    `ethernet ${formatMac(ethernet.sourceHi(v, at), ethernet.sourceLo(v, at))} > ${formatMac(
      ethernet.destinationHi(v, at),
      ethernet.destinationLo(v, at),
    )} ethertype ${hex(ethernet.ethertype(v, at))} length ${end - at}`,
  ];
  let ethertype = ethernet.ethertype(v, at);
  let next = at + ethernet.HEADER_LENGTH;
  while (vlan.isTpid(ethertype)) {
    const tag = next - 2;
    if (vlan.check(v, tag, end) !== Drop.None)
      return [...lines, problem('vlan', Drop.VlanMalformed, end - next)];
    ethertype = vlan.ethertype(v, tag);
    const dei = vlan.dei(v, tag) ? ' dei' : '';
    lines.push(
      `vlan tpid ${hex(vlan.tpid(v, tag))} vid ${vlan.vid(v, tag)} pcp ${vlan.pcp(v, tag)}${dei} ethertype ${hex(ethertype)}`,
    );
    next += vlan.TAG_LENGTH;
  }
  if (ethertype === ethernet.EtherType.Arp) return [...lines, ...arpLines(v, next, end)];
  return ethertype === ethernet.EtherType.Ipv4 ? [...lines, ...ipv4Lines(v, next, end)] : lines;
}

/** Hexadecimal, 16 octets a line, each with its offset. */
export function dump(v: DataView, at: number, end: number): string[] {
  const lines: string[] = [];
  for (let line = at; line < end; line += OCTETS_A_LINE) {
    const octets: string[] = [];
    for (let i = line; i < Math.min(line + OCTETS_A_LINE, end); i++) octets.push(pad(v.getUint8(i), 2));
    lines.push(`${pad(line - at, 4)}  ${octets.join(' ')}`);
  }
  return lines;
}

function arpLines(v: DataView, at: number, end: number): string[] {
  const bad = arp.check(v, at, end);
  if (bad !== Drop.None) return [problem('arp', bad, end - at)];
  const sender = formatMac(arp.senderHi(v, at), arp.senderLo(v, at));
  const target = formatMac(arp.targetHi(v, at), arp.targetLo(v, at));
  return [
    `arp ${arp.operation(v, at) === arp.Operation.Request ? 'request' : 'reply'} ` +
      `${formatIpv4(arp.senderAddress(v, at))} (${sender}) > ${formatIpv4(arp.targetAddress(v, at))} (${target})`,
  ];
}

function ipv4Lines(v: DataView, at: number, end: number): string[] {
  const bad = ipv4.check(v, at, end);
  if (bad !== Drop.None) return [problem('ipv4', bad, end - at)];
  const next = at + ipv4.headerLength(v, at);
  const last = at + ipv4.totalLength(v, at);
  const fragment = ipv4.isFragment(v, at)
    ? ` offset ${ipv4.fragmentOffset(v, at)}${ipv4.isMoreFragments(v, at) ? '+' : ''}`
    : '';
  const line =
    `ipv4 ${formatIpv4(ipv4.source(v, at))} > ${formatIpv4(ipv4.destination(v, at))} protocol ${ipv4.protocol(v, at)} ` +
    `ttl ${ipv4.ttl(v, at)} tos ${hex(ipv4.tos(v, at), 2)} id ${ipv4.identification(v, at)}` +
    `${ipv4.isDontFragment(v, at) ? ' df' : ''}${fragment} header ${next - at} length ${last - at}`;
  return ipv4.fragmentOffset(v, at) === 0 ? [line, ...payloadLines(v, at, next, last)] : [line];
}

function payloadLines(v: DataView, at: number, next: number, end: number): string[] {
  // The checksum of a fragment is that of the whole.
  const isWhole = !ipv4.isFragment(v, at);
  switch (ipv4.protocol(v, at)) {
    case ipv4.Protocol.Icmp: {
      const bad = icmpv4.check(v, next, end);
      if (bad === Drop.IcmpMalformed) return [problem('icmp', bad, end - next)];
      return [
        `icmp type ${icmpv4.type(v, next)} code ${icmpv4.code(v, next)} id ${icmpv4.identifier(v, next)} ` +
          `seq ${icmpv4.sequence(v, next)} payload ${end - next - icmpv4.HEADER_LENGTH}${isWhole ? reason(bad) : ''}`,
      ];
    }
    case ipv4.Protocol.Udp: {
      const bad = udp.check(v, next, end, ipv4.source(v, at), ipv4.destination(v, at));
      if (end - next < udp.HEADER_LENGTH) return [problem('udp', bad, end - next)];
      return [
        `udp ${udp.sourcePort(v, next)} > ${udp.destinationPort(v, next)} length ${udp.length(v, next)}${isWhole ? reason(bad) : ''}`,
      ];
    }
    default:
      return [];
  }
}

const problem = (header: string, drop: Drop, length: number): string =>
  `${header} ${length} octets${reason(drop)}`;
const reason = (drop: Drop): string => (drop === Drop.None ? '' : ` *** ${DROPS[drop]![0]}`);
const pad = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const hex = (value: number, digits = 4): string => `0x${pad(value, digits)}`;
