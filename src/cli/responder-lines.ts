// The lines of oob-net-icmp (libevl tidbits), and what -v adds to them.
import type { TraceRecord } from '../worker/trace-record.js';
import { hexLines } from './hex-dump.js';

/** `[0] count=84, proto=0x800, ifindex=2, type=0, halen=6, mac=02:fc:00:00:00:02` */
export const packetLine = (
  t: Pick<TraceRecord, 'sequence' | 'count' | 'proto' | 'ifindex' | 'type' | 'mac'>,
): string =>
  `[${t.sequence}] count=${t.count}, proto=0x${t.proto.toString(16)}, ifindex=${t.ifindex}, type=${t.type}, halen=6, mac=${t.mac}`;

/** The same with what -v adds. */
export function verboseLine(t: TraceRecord): string {
  const line = packetLine(t);
  const addresses =
    t.source === '0.0.0.0' && t.destination === '0.0.0.0' ? '' : `, ${t.source} > ${t.destination}`;
  if (t.drop !== undefined) return `${line}${addresses}, dropped: ${t.drop}`;
  return `${line}${addresses}, id=${t.id}, seq=${t.seq}, time=${((t.serviceNs ?? 0) / 1000).toFixed(1)} us`;
}

/** What -d prints below the line, as upstream's order and words. */
export function dumpLines(t: TraceRecord, ifname: string): string[] {
  if (t.frame === undefined) return [];
  const request = Buffer.from(t.frame, 'hex').subarray(t.networkAt);
  if (t.drop !== undefined || t.reply === undefined) return ['  *** not answered', ...hexLines(request)];
  const reply = Buffer.from(t.reply, 'hex');
  const header = (request[0]! & 0x0f) * 4;
  const icmp = request.subarray(header);
  const packetLength = request.readUInt16BE(2);
  return [
    `sending via ${ifname} (if${t.ifindex}), mac=${macOf(reply.subarray(6, 12))}`,
    `== dumping ICMP request, length=${packetLength}`,
    ...hexLines(request.subarray(0, packetLength)),
    `icmp.icmp_type=${icmp[0]}`,
    `icmp.icmp_id=${icmp.readUInt16BE(4)}`,
    `icmp.icmp_seq=${icmp.readUInt16BE(6)}`,
    `iphdr.ip_hl=${header / 4}`,
    `iphdr.ip_v=${request[0]! >> 4}`,
    `iphdr.ip_len=${packetLength}`,
    `iphdr.ip_p=${request[9]}`,
    `iphdr.ip_sum=0x${request.readUInt16BE(10).toString(16)}`,
    `ip_len=${header}, icmp_len=8, ip_len=${packetLength}, datalen=${packetLength - header - 8}`,
    `== dumping ICMP reply, length=${reply.length - t.networkAt}`,
    ...hexLines(reply.subarray(t.networkAt)),
    `  .. ICMP reply sent: ${reply.length} bytes`,
  ];
}

const macOf = (octets: Uint8Array): string => Buffer.from(octets).toString('hex').match(/../g)!.join(':');
