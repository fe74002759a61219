import { type Page, type Stats64, stats64 } from '../../configuration/counters.js';
import { DROPS } from '../../drop.js';
import { HOOK_COUNTERS } from '../../filter/verdict.js';
import { DeviceCounter, SlotCounter } from '../../memory/counters.js';
import { type Summary, summarize } from '../../memory/histogram.js';

/** Everything that is counted for a port, zeros included. */
export interface StatsRecord {
  ifname: string;
  /** Base device of a VLAN port. */
  link?: string;
  stats64: Stats64;
  /** Of the base device: every frame that came in is one of them. */
  verdicts: { accept: number; skip: number; vlan: number; drop: number };
  /** What else the hook counted: within `skip`, `vlan` and `skip`. Only on the base device's record. */
  hook?: { 'other-host': number; arp: number; 'no-socket': number };
  echo: { requests: number; replies: number };
  timestamp_replies: number;
  /** Messages that somebody here had a use for, but for requests to the responder. */
  icmp_messages: number;
  /** Sent, and not sent as there were too many. */
  icmp_errors: { sent: number; limited: number };
  arp_replies: number;
  arp_learned: number;
  /** What came and mattered; reports and leave messages that were sent. */
  igmp: { messages: number; reports: number; leaves: number };
  /** What routers said of the length of packets to a destination, and was believed. */
  path_mtus: number;
  udp_datagrams: number;
  udp_replies: number;
  /** Frames that ended at packet sockets, or at a service for frames. */
  packet_frames: number;
  /** Packets put together, and the fragments that they came in. */
  reassembled: { packets: number; fragments: number };
  /** Packets sent in fragments, and these, which are among `stats64.tx.packets`. */
  fragmented: { packets: number; fragments: number };
  /** By drop reason. */
  drops: Record<string, number>;
  /** Nanoseconds from reception to reply, of the base device; only on its record. */
  service_time?: Summary;
}

export function statsRecord(ifname: string, base: string, slot: number, page: Page | undefined): StatsRecord {
  const counts = page?.slots.get(slot);
  const of = (index: number) => counts?.counts[index] ?? 0;
  const verdict = (name: (typeof HOOK_COUNTERS)[number]) =>
    page?.device[DeviceCounter.Hook + HOOK_COUNTERS.indexOf(name)] ?? 0;
  const times = slot === 0 && page ? summarize(page.serviceTime) : undefined;
  return {
    ifname,
    ...(slot === 0 ? {} : { link: base }),
    stats64: stats64(counts),
    verdicts: {
      accept: verdict('accept'),
      skip: verdict('skip'),
      vlan: verdict('vlan'),
      drop: verdict('drop'),
    },
    ...(slot === 0
      ? {
          hook: {
            'other-host': verdict('other-host'),
            arp: verdict('arp'),
            'no-socket': verdict('no-socket'),
          },
        }
      : {}),
    echo: { requests: of(SlotCounter.EchoRequests), replies: of(SlotCounter.EchoReplies) },
    timestamp_replies: of(SlotCounter.TimestampReplies),
    icmp_messages: of(SlotCounter.IcmpMessages),
    icmp_errors: { sent: of(SlotCounter.IcmpErrorsSent), limited: of(SlotCounter.IcmpErrorsLimited) },
    arp_replies: of(SlotCounter.ArpReplies),
    arp_learned: of(SlotCounter.ArpLearned),
    igmp: {
      messages: of(SlotCounter.IgmpMessages),
      reports: of(SlotCounter.IgmpReportsSent),
      leaves: of(SlotCounter.IgmpLeavesSent),
    },
    path_mtus: of(SlotCounter.PathMtus),
    udp_datagrams: of(SlotCounter.UdpDatagrams),
    udp_replies: of(SlotCounter.UdpReplies),
    packet_frames: of(SlotCounter.PacketFrames),
    reassembled: { packets: of(SlotCounter.Reassembled), fragments: of(SlotCounter.FragmentsJoined) },
    fragmented: { packets: of(SlotCounter.Fragmented), fragments: of(SlotCounter.FragmentsSent) },
    drops: Object.fromEntries(DROPS.slice(1).map(([name], i) => [name, counts?.drops[i + 1] ?? 0])),
    ...(times ? { service_time: times } : {}),
  };
}
