import { blockOf } from '../../capture/block.js';
import { VERDICTS, type VerdictName } from '../../filter/verdict.js';
import { describeFrame } from '../../trial/describe.js';
import { whereTo } from '../filter/trial-view.js';
import { hexLines } from '../hex-dump.js';
import type { TappedFrame } from './frame-tap.js';

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
  readonly queue: number;
  readonly summary: string;
  /** The octets in hexadecimal, where they are wanted. */
  readonly hex?: string;
}

const NS = 1e9;

export function dumpRecord(
  frame: TappedFrame,
  ifname: string,
  timestamp: string,
  reason: string,
  withOctets: boolean,
): DumpRecord {
  const { octets, length, queue } = frame;
  return {
    timestamp,
    ifname,
    ...verdictOf(frame),
    reason,
    length,
    ...(octets.length < length ? { captured: octets.length } : {}),
    queue,
    summary: describeFrame(blockOf([octets]), 0),
    ...(withOctets ? { hex: Buffer.from(octets).toString('hex') } : {}),
  };
}

export function verdictOf({ verdict }: TappedFrame): Pick<DumpRecord, 'oob' | 'verdict'> {
  const name = VERDICTS[verdict] ?? 'skip';
  return { verdict: name, oob: name === 'accept' || name === 'vlan' };
}

/** `12:27:48.946565 OOB     vid 42 10.10.10.10 > 10.10.10.11 ICMP echo request id 7 seq 1 (vlan 42 in set)`, and the octets below it. */
export function dumpLines(record: DumpRecord, ns: bigint): string[] {
  const { summary, reason, hex } = record;
  const line = `${clock(ns)} ${whereTo(record).padEnd(7)} ${summary} (${reason})`;
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
