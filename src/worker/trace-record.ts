import { DROPS } from '../drop.js';
import { Trace } from '../memory/trace-ring.js';
import { formatIpv4, formatMac } from '../wire/address.js';

/** One traced packet, as the responder's lines and JSON events show it. */
export interface TraceRecord {
  readonly port: string;
  /** Replies sent before this one. */
  readonly sequence: number;
  /** Octets of the IPv4 packet. */
  readonly count: number;
  readonly proto: number;
  /** Of the base device, as in the EVL documentation. */
  readonly ifindex: number;
  /** PACKET_HOST 0, PACKET_BROADCAST 1, PACKET_MULTICAST 2. */
  readonly type: number;
  readonly mac: string;
  readonly source: string;
  readonly destination: string;
  readonly id: number;
  readonly seq: number;
  readonly vid: number;
  /** From the receive ring to the reply; at verbose level only. */
  readonly serviceNs?: number;
  /** Why it was not answered; absent for a reply. */
  readonly drop?: string;
  /** The request as received, hexadecimal, and where its network header starts; with -d only. */
  readonly frame?: string;
  readonly reply?: string;
  readonly networkAt: number;
}

export const traceRecord = (
  words: Uint32Array,
  frame: Uint8Array,
  reply: Uint8Array,
  port: string,
  ifindex: number,
): TraceRecord => {
  const drop = words[Trace.Drop]!;
  return {
    port,
    sequence: words[Trace.Sequence]!,
    count: words[Trace.Count]!,
    proto: words[Trace.Ethertype]!,
    ifindex,
    type: words[Trace.PacketType]!,
    mac: formatMac(words[Trace.MacHi]!, words[Trace.MacLo]!),
    source: formatIpv4(words[Trace.Source]!),
    destination: formatIpv4(words[Trace.Destination]!),
    id: words[Trace.Identifier]!,
    seq: words[Trace.EchoSequence]!,
    vid: words[Trace.Vid]!,
    ...(words[Trace.ServiceNs] ? { serviceNs: words[Trace.ServiceNs] } : {}),
    ...(drop === 0 ? {} : { drop: DROPS[drop]?.[0] ?? String(drop) }),
    ...(frame.length === 0 ? {} : { frame: Buffer.from(frame).toString('hex') }),
    ...(reply.length === 0 ? {} : { reply: Buffer.from(reply).toString('hex') }),
    networkAt: words[Trace.NetworkAt]!,
  };
};
