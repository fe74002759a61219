import { blockOf } from '../../capture/block.js';
import { VERDICTS, type VerdictName } from '../../filter/verdict.js';
import { describeFrame } from '../../trial/describe.js';
import { whereTo } from '../filter/trial-view.js';
import { hexLines } from '../hex-dump.js';
import type { JudgedFrame, StackWord } from './shown.js';

/** One frame at the hook. */
export interface DumpRecord {
  readonly timestamp: string;
  readonly ifname: string;
  readonly verdict: VerdictName;
  readonly oob: boolean;
  readonly reason: string;
  /** Octets of the frame, and of what is there of it where that is less. */
  readonly length: number;
  readonly captured?: number;
  /** Of the NIC, where one received it. */
  readonly queue?: number;
  readonly summary: string;
  /** The octets in hexadecimal, where they are wanted. */
  readonly hex?: string;
  /** Of a capture: what the stack made of it, and why it dropped it. */
  readonly stack?: string;
  readonly drop?: string;
}

/** One that the stack sent. */
export interface SentRecord extends Pick<DumpRecord, 'timestamp' | 'ifname' | 'length' | 'summary' | 'hex'> {
  readonly sent: true;
}

const NS = 1e9;

export function dumpRecord(
  frame: JudgedFrame,
  ifname: string,
  timestamp: string,
  reason: string,
  withOctets: boolean,
  word?: StackWord,
): DumpRecord {
  const { octets, length, queue } = frame;
  return {
    timestamp,
    ifname,
    ...verdictOf(frame),
    reason,
    length,
    ...(octets.length < length ? { captured: octets.length } : {}),
    ...(queue === undefined ? {} : { queue }),
    summary: describeFrame(blockOf([octets]), 0),
    ...hexOf(octets, withOctets),
    ...word,
  };
}

export const sentRecord = (
  octets: Uint8Array,
  ifname: string,
  timestamp: string,
  withOctets: boolean,
): SentRecord => ({
  timestamp,
  ifname,
  sent: true,
  length: octets.length,
  summary: describeFrame(blockOf([octets]), 0),
  ...hexOf(octets, withOctets),
});

const hexOf = (octets: Uint8Array, isWanted: boolean) =>
  isWanted ? { hex: Buffer.from(octets).toString('hex') } : {};

export function verdictOf({ verdict }: Pick<JudgedFrame, 'verdict'>): Pick<DumpRecord, 'oob' | 'verdict'> {
  const name = VERDICTS[verdict] ?? 'skip';
  return { verdict: name, oob: name === 'accept' || name === 'vlan' };
}

/** `12:27:48.946565 OOB     vid 42 10.10.10.10 > 10.10.10.11 ICMP echo request id 7 seq 1 (vlan 42 in set)`, and the octets below it. */
export function dumpLines(record: DumpRecord, ns: bigint): string[] {
  const { summary, reason, hex, stack, drop } = record;
  const word = stack === undefined ? undefined : { stack, ...(drop === undefined ? {} : { drop }) };
  return lines(ns, whereTo(record), `${summary} (${reason})${stackText(word)}`, hex);
}

/** `12:27:48.946612 sent    vid 42 10.10.10.11 > 10.10.10.10 ICMP echo reply id 7 seq 1` */
export const sentLines = ({ summary, hex }: SentRecord, ns: bigint): string[] =>
  lines(ns, 'sent', summary, hex);

/** `: dropped, icmp-broadcast` */
export const stackText = (word: StackWord | undefined): string =>
  word === undefined ? '' : `: ${word.stack}${word.drop === undefined ? '' : `, ${word.drop}`}`;

function lines(ns: bigint, where: string, text: string, hex: string | undefined): string[] {
  const line = `${clock(ns)} ${where.padEnd(7)} ${text}`;
  return hex === undefined ? [line] : [line, ...hexLines(Buffer.from(hex, 'hex')).map((row) => `    ${row}`)];
}

/** Local time of day, in microseconds as tcpdump's. */
function clock(ns: bigint): string {
  const at = new Date(Number(ns / 1_000_000n));
  const two = (n: number) => String(n).padStart(2, '0');
  const us = String((ns / 1000n) % 1_000_000n).padStart(6, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${us}`;
}

/** ISO 8601, UTC, to the nanosecond. */
export function isoTime(ns: bigint): string {
  const seconds = new Date(Number(ns / BigInt(NS)) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(ns % BigInt(NS)).padStart(9, '0')}Z`;
}
