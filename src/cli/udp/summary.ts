import { SlotCounter } from '../../memory/counters.js';
import type { Tally } from '../../worker/tally.js';
import type { Received } from '../reception.js';
import { droppedText, dropsAndTime, type ResponderSummary, timeLines } from '../responder-summary.js';

/** What a receiver did, at its end. */
export interface ReceiverSummary extends Received {
  readonly address: string;
  readonly port: number;
}

export const receiverLines = (s: ReceiverSummary): string[] => [
  `--- ${s.address}:${s.port} udp recv statistics ---`,
  `${s.received} datagrams received, ${s.bytes} bytes, ${s.dropped} dropped`,
];

/** What a sender did, at its end. */
export interface SenderSummary {
  readonly address: string;
  readonly port: number;
  readonly sent: number;
  readonly bytes: number;
}

export const senderLines = (s: SenderSummary): string[] => [
  `--- ${s.address}:${s.port} udp send statistics ---`,
  `${s.sent} datagrams sent, ${s.bytes} bytes`,
];

/** What an echo service did, at its end. */
export interface EchoSummary extends Pick<ResponderSummary, 'ifname' | 'drops' | 'serviceTime'> {
  readonly port: number;
  readonly replies: number;
}

export const echoSummary = (ifname: string, port: number, tally: Tally): EchoSummary => ({
  ifname,
  port,
  replies: tally.counts[SlotCounter.UdpReplies]!,
  ...dropsAndTime(tally),
});

export const echoSummaryLines = (s: EchoSummary): string[] => [
  `--- ${s.ifname} udp echo statistics ---`,
  `${s.replies} replies, ${droppedText(s.drops)}`,
  ...timeLines(s.serviceTime),
];
