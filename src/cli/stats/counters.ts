import type { StatsRecord } from './record.js';

/** A counter of a port: a row of `stats show`, and the metric `evlnet_NAME_total`. */
export interface PortCounter {
  readonly name: string;
  readonly meaning: string;
  readonly of: (record: StatsRecord) => number;
}

const counter = (name: string, meaning: string, of: PortCounter['of']): PortCounter => ({
  name,
  meaning,
  of,
});

export const LINK_COUNTERS: readonly PortCounter[] = [
  counter('rx packets', 'frames that reached the stack', (r) => r.stats64.rx.packets),
  counter('rx bytes', 'their octets, without FCS', (r) => r.stats64.rx.bytes),
  counter('rx dropped', 'frames received that were dropped', (r) => r.stats64.rx.dropped),
  counter('tx packets', 'frames given to the device', (r) => r.stats64.tx.packets),
  counter('tx bytes', 'their octets, without FCS', (r) => r.stats64.tx.bytes),
  counter('tx dropped', 'frames to be sent that were lost', (r) => r.stats64.tx.dropped),
];

export const PROTOCOL_COUNTERS: readonly PortCounter[] = [
  counter('echo requests', 'ICMP echo requests that reached the responder', (r) => r.echo.requests),
  counter('echo replies', 'answers of the responder', (r) => r.echo.replies),
  counter('timestamp replies', 'answers to ICMP timestamp requests', (r) => r.timestamp_replies),
  counter('icmp messages', 'other ICMP messages that somebody had a use for', (r) => r.icmp_messages),
  counter('icmp errors sent', 'ICMP errors sent', (r) => r.icmp_errors.sent),
  counter(
    'icmp errors limited',
    'ICMP errors not sent, as there were too many',
    (r) => r.icmp_errors.limited,
  ),
  counter('arp replies', 'answers to ARP requests', (r) => r.arp_replies),
  counter('arp learned', 'other ARP packets that told of a neighbour', (r) => r.arp_learned),
  counter('igmp messages', 'IGMP messages that mattered', (r) => r.igmp.messages),
  counter('igmp reports', 'membership reports sent', (r) => r.igmp.reports),
  counter('igmp leaves', 'leave messages sent', (r) => r.igmp.leaves),
  counter('path mtus', 'what routers said of the length of packets, and was believed', (r) => r.path_mtus),
  counter('udp datagrams', 'datagrams that a service or a socket took', (r) => r.udp_datagrams),
  counter('udp replies', 'datagrams that a service answered', (r) => r.udp_replies),
  counter('packet frames', 'frames that ended at packet sockets', (r) => r.packet_frames),
  counter('reassembled packets', 'packets put together of fragments', (r) => r.reassembled.packets),
  counter('reassembled fragments', 'the fragments that they came in', (r) => r.reassembled.fragments),
  counter('fragmented packets', 'packets sent in fragments', (r) => r.fragmented.packets),
  counter('fragmented fragments', 'the fragments that they left in', (r) => r.fragmented.fragments),
];

/** What was counted, row by row: every counter under the name of its JSON key; verdicts and hook where they are counted. */
export const counterRows = (record: StatsRecord): [name: string, count: number][] => {
  const named = (counters: readonly PortCounter[]) =>
    counters.map(({ name, of }): [string, number] => [name, of(record)]);
  const prefixed = (prefix: string, counts: object = {}) =>
    Object.entries(counts).map(([name, count]): [string, number] => [`${prefix} ${name}`, count]);
  return [
    ...named(LINK_COUNTERS),
    ...prefixed('verdict', record.link === undefined ? record.verdicts : {}),
    ...prefixed('hook', record.hook),
    ...named(PROTOCOL_COUNTERS),
    ...Object.entries(record.drops),
  ];
};
