import type { FrameInfo, PacketType } from '../../socket/frame-inbox.js';
import type { RxTimestamps } from '../../socket/timestamps.js';
import { hexLines } from '../hex-dump.js';
import type { Received } from '../reception.js';
import { packetLine } from '../responder-lines.js';
import { hexEthertype } from './ethertype.js';

/** sll_pkttype of <linux/if_packet.h>. */
const TYPES: Readonly<Record<PacketType, number>> = { host: 0, broadcast: 1, multicast: 2, otherhost: 3 };

/** The line of oob-net-icmp, which has a packet socket too, and the tag. `sequence` counts from 0. */
export function frameLine(sequence: number, from: FrameInfo): string {
  const line = packetLine({
    sequence,
    count: from.size,
    proto: from.protocol,
    ifindex: from.ifindex,
    type: TYPES[from.packetType],
    mac: from.address,
  });
  return hasTag(from) ? `${line}, vid=${from.vid}, pcp=${from.pcp}` : line;
}

/** A tag of VID 0 tells the priority only: PROFINET has such. */
const hasTag = ({ vid, pcp }: FrameInfo): boolean => vid !== 0 || pcp !== 0;

/** What -d prints below it. */
export const frameDump = (frame: Uint8Array): string[] => hexLines(frame).map((line) => `  ${line}`);

/** One frame; a key that does not apply is absent. */
export interface FrameRecord {
  readonly ifname: string;
  readonly ifindex: number;
  readonly protocol: string;
  readonly pkttype: PacketType;
  /** Whom it comes from, and to whom it goes. */
  readonly lladdr: string;
  readonly dst: string;
  readonly vid?: number;
  readonly pcp?: number;
  readonly bytes: number;
  /** With -d, in hexadecimal. */
  readonly octets?: string;
  /** With --times, in nanoseconds. */
  readonly timestamps?: RxTimestamps;
}

export const frameRecord = (frame: Buffer, from: FrameInfo, isDump: boolean): FrameRecord => ({
  ifname: from.ifname,
  ifindex: from.ifindex,
  protocol: hexEthertype(from.protocol),
  pkttype: from.packetType,
  lladdr: from.address,
  dst: frame.toString('hex', 0, 6).match(/../g)!.join(':'),
  ...(hasTag(from) ? { vid: from.vid, pcp: from.pcp } : {}),
  bytes: from.size,
  ...(from.timestamps ? { timestamps: from.timestamps } : {}),
  ...(isDump ? { octets: frame.toString('hex') } : {}),
});

export const summaryLines = (s: Received & { readonly ifname: string }): string[] => [
  `--- ${s.ifname} packet recv statistics ---`,
  `${s.received} frames received, ${s.bytes} bytes, ${s.dropped} dropped`,
];
