import { type Echo, EchoKind, EchoTotal, TRUNCATED } from '../../memory/echo-page.js';
import { dotted } from '../dotted.js';

/** One answer; a key that does not apply is absent. */
export interface EchoRecord {
  readonly from: string;
  readonly icmp_seq: number;
  /** Octets of the ICMP message. */
  readonly bytes?: number;
  readonly ttl?: number;
  /** Milliseconds. */
  readonly time?: number;
  readonly dup?: true;
  /** The payload is shorter than it was sent. */
  readonly truncated?: true;
  /** Where it is not as it was sent, in ping(8)'s words. */
  readonly wrong?: string;
  readonly error?: string;
}

/** What ping(8) says at its end; times in milliseconds. */
export interface PingSummary {
  readonly destination: string;
  readonly transmitted: number;
  readonly received: number;
  readonly duplicates: number;
  readonly errors: number;
  /** Percent. */
  readonly loss: number;
  readonly time: number;
  /** Absent where nothing came back. */
  readonly rtt?: { readonly min: number; readonly avg: number; readonly max: number; readonly mdev: number };
}

/** ping(8)'s words, by type × 256 + code. */
const ERRORS: Readonly<Record<number, string>> = {
  768: 'Destination Net Unreachable',
  769: 'Destination Host Unreachable',
  770: 'Destination Protocol Unreachable',
  771: 'Destination Port Unreachable',
  781: 'Packet filtered',
  1024: 'Source Quench',
  1280: 'Redirect Network',
  1281: 'Redirect Host',
  2816: 'Time to live exceeded',
};

const ms = (ns: number): number => Math.round(ns / 1000) / 1000;

export function echoRecord(e: Echo): EchoRecord {
  const record = { from: dotted(e.source), icmp_seq: e.sequence };
  if (e.kind === EchoKind.Unreachable) return { ...record, error: 'Destination Host Unreachable' };
  if (e.kind === EchoKind.Error)
    return {
      ...record,
      error: errorText(e),
    };
  const dup = e.kind === EchoKind.Duplicate ? ({ dup: true } as const) : {};
  return { ...record, bytes: e.length, ttl: e.ttl, time: ms(e.ns), ...dup, ...differenceOf(e.detail) };
}

const hex = (octet: number) => `0x${octet.toString(16)}`;

function differenceOf(detail: number): Pick<EchoRecord, 'truncated' | 'wrong'> {
  if (detail === 0) return {};
  if (detail === TRUNCATED) return { truncated: true };
  const [place, sent, was] = [Math.floor(detail / 0x1_0000) - 1, (detail >> 8) & 255, detail & 255];
  return { wrong: `wrong data byte #${place} should be ${hex(sent)} but was ${hex(was)}` };
}

function errorText({ detail, ns: rest }: Echo): string {
  if (detail === 772) return `Frag needed and DF set (mtu = ${rest & 0xffff})`;
  if (detail >> 8 === 12) return `Parameter problem: pointer = ${rest >>> 24}`;
  const text = ERRORS[detail];
  if (text === undefined) return `ICMP type ${detail >> 8} code ${detail & 255}`;
  return detail >> 8 === 5 ? `${text}(New nexthop: ${dotted(rest)})` : text;
}

export function echoLine(r: EchoRecord): string {
  if (r.error !== undefined) return `From ${r.from} icmp_seq=${r.icmp_seq} ${r.error}`;
  const time = r.time!.toFixed(3);
  return `${r.bytes} bytes from ${r.from}: icmp_seq=${r.icmp_seq} ttl=${r.ttl} time=${time} ms${r.dup ? ' (DUP!)' : ''}${r.truncated ? ' (truncated)' : ''}${r.wrong === undefined ? '' : `\n${r.wrong}`}`;
}

/** `totals`: by EchoTotal. */
export function pingSummary(destination: string, totals: readonly number[], timeMs: number): PingSummary {
  const of = (total: number) => totals[total] ?? 0;
  const [transmitted, received] = [of(EchoTotal.Sent), of(EchoTotal.Received)];
  const average = of(EchoTotal.Sum) / received;
  const spread = Math.sqrt(Math.max(0, of(EchoTotal.SumOfSquares) / received - average ** 2));
  return {
    destination,
    transmitted,
    received,
    duplicates: of(EchoTotal.Duplicates),
    errors: of(EchoTotal.Errors),
    loss: transmitted === 0 ? 0 : Math.round(((transmitted - received) / transmitted) * 1e6) / 1e4,
    time: Math.round(timeMs),
    ...(received === 0
      ? {}
      : {
          rtt: {
            min: ms(of(EchoTotal.Min)),
            avg: ms(average),
            max: ms(of(EchoTotal.Max)),
            mdev: ms(spread),
          },
        }),
  };
}

/** As ping(8) ends. */
export function pingSummaryLines(s: PingSummary): string[] {
  const more = [
    ...(s.duplicates > 0 ? [`+${s.duplicates} duplicates, `] : []),
    ...(s.errors > 0 ? [`+${s.errors} errors, `] : []),
  ].join('');
  const { rtt } = s;
  return [
    `--- ${s.destination} ping statistics ---`,
    `${s.transmitted} packets transmitted, ${s.received} received, ${more}${s.loss}% packet loss, time ${s.time}ms`,
    ...(rtt
      ? [
          `rtt min/avg/max/mdev = ${rtt.min.toFixed(3)}/${rtt.avg.toFixed(3)}/${rtt.max.toFixed(3)}/${rtt.mdev.toFixed(3)} ms`,
        ]
      : []),
  ];
}
