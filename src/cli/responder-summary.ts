import { DROP_COUNT, DROPS, Drop } from '../drop.js';
import { SlotCounter } from '../memory/counters.js';
import { summarize } from '../memory/histogram.js';
import type { Tally } from '../worker/tally.js';

/** What a responder did, at its end; times in microseconds. */
export interface ResponderSummary {
  readonly ifname: string;
  readonly requests: number;
  readonly replies: number;
  /** By reason, zeros left out. */
  readonly drops: Readonly<Record<string, number>>;
  /** From the receive ring to the wire, of all packets of the device; absent when there were none. */
  readonly serviceTime?: {
    readonly min: number;
    readonly avg: number;
    readonly max: number;
    readonly p99: number;
  };
  readonly suppressed?: number;
}

export function summaryOf(ifname: string, tally: Tally, suppressed: number): ResponderSummary {
  return {
    ifname,
    requests: tally.counts[SlotCounter.EchoRequests]!,
    replies: tally.counts[SlotCounter.EchoReplies]!,
    ...dropsAndTime(tally),
    ...(suppressed > 0 ? { suppressed } : {}),
  };
}

/** What every service tells at its end. */
export function dropsAndTime(tally: Tally): Pick<ResponderSummary, 'drops' | 'serviceTime'> {
  const drops: Record<string, number> = {};
  // A frame whose tag was hidden went on in-band: nothing dropped it.
  for (let i = 1; i < DROP_COUNT; i++)
    if (tally.counts[i]! > 0 && i !== Drop.HiddenTag) drops[DROPS[i]![0]] = tally.counts[i]!;
  const time = summarize(tally.serviceTime);
  const us = (ns: number) => Math.round(ns / 10) / 100;
  return {
    drops,
    ...(time
      ? { serviceTime: { min: us(time.min), avg: us(time.average), max: us(time.max), p99: us(time.p99) } }
      : {}),
  };
}

/** As ping(8) ends. */
export const summaryLines = (s: ResponderSummary): string[] => [
  `--- ${s.ifname} icmp-responder statistics ---`,
  `${s.requests} requests, ${s.replies} replies, ${droppedText(s.drops)}`,
  ...timeLines(s.serviceTime),
];

/** `3 dropped (icmp-broadcast 2, no-buffer 1)` */
export function droppedText(drops: ResponderSummary['drops']): string {
  const dropped = Object.entries(drops);
  const total = dropped.reduce((sum, [, n]) => sum + n, 0);
  return `${total} dropped${total > 0 ? ` (${dropped.map(([reason, n]) => `${reason} ${n}`).join(', ')})` : ''}`;
}

export const timeLines = (t: ResponderSummary['serviceTime']): string[] =>
  t === undefined
    ? []
    : [
        `service time min/avg/max/p99 = ${t.min.toFixed(1)}/${t.avg.toFixed(1)}/${t.max.toFixed(1)}/${t.p99.toFixed(1)} us`,
      ];
