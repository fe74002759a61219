import type { VerdictName } from '../../filter/verdict.js';
import type { View } from '../print/printer.js';
import { ruleWords } from './text.js';

/** What a filter said of one frame. */
export interface FrameRecord {
  /** From 1, as Wireshark counts. */
  frame: number;
  /** Absent where the engine could not run the filter. */
  verdict?: VerdictName;
  /** Absent where nobody knows: the VLAN set decides, and no device was named. */
  oob?: boolean;
  reason: string;
  /** Which one decided, from 1; the default is 0. */
  rule?: number;
  length: number;
  summary: string;
  /** The kernel's verdict, where it is another one. */
  kernel?: VerdictName;
  /** By bpf_printk(). */
  printed?: string[];
}

/** What a filter said of a whole capture. */
export interface TotalsRecord {
  engine: string;
  frames: number;
  verdicts: Record<VerdictName, number>;
  taken: number;
  inband: number;
  /** Of verdict vlan, where no device was named. */
  undecided?: number;
  /** Frames by reason. */
  reasons: Record<string, number>;
  rules?: { match?: string; verdict: VerdictName; hits: number }[];
  /** Frames that the engine could not run the filter on. */
  unjudged?: number;
  /** Frames that the capture holds only the beginning of. */
  cut?: number;
  /** Frames that kernel and wasm judge differently. */
  differences?: number;
  /** Frames a second, of the filter and the hook's decision. */
  rate?: number;
}

/** `OOB`, `in-band`, or `freed`: seen by nobody. */
export const whereTo = ({ oob, verdict }: Pick<FrameRecord, 'oob' | 'verdict'>): string => {
  if (oob === undefined) return verdict === undefined ? '?' : '-';
  return oob ? 'OOB' : verdict === 'drop' ? 'freed' : 'in-band';
};

export const frameView: View<FrameRecord> = {
  text: (record, { paint }) => {
    const { frame, verdict, reason, rule, summary, kernel, printed = [] } = record;
    const word = (verdict ?? 'none').padEnd(6);
    const shown = verdict === 'accept' ? paint.up(word) : verdict === 'drop' ? paint.down(word) : word;
    const other = kernel === undefined ? '' : ` but the kernel's run says ${kernel}`;
    const by = rule === undefined ? undefined : rule === 0 ? 'default' : `rule ${rule}`;
    const why = by === undefined ? reason : reason === 'filter' ? by : `${by}, ${reason}`;
    return [
      `${frame}: ${shown} ${whereTo(record).padEnd(7)} ${summary} (${why})${other}`,
      ...printed.map((line) => `    ${line}`),
    ];
  },
};

export const totalsView: View<TotalsRecord> = {
  text: (t) => {
    const { accept, skip, vlan, drop } = t.verdicts;
    const rules = (t.rules ?? []).map(
      ({ match, verdict, hits }) =>
        `    ${match === undefined ? `default ${verdict}` : ruleWords({ match, verdict })} hits ${hits}`,
    );
    const counted = [
      ['not judged', t.unjudged],
      ['cut', t.cut],
      ['differences', t.differences],
    ].filter(([, count]) => count !== undefined);
    return [
      `frames ${t.frames} accept ${accept} skip ${skip} vlan ${vlan} drop ${drop} engine ${t.engine}`,
      `    oob ${t.taken} in-band ${t.inband}${t.undecided === undefined ? '' : ` undecided ${t.undecided}`}`,
      ...Object.entries(t.reasons).map(([reason, count]) => `    ${count} ${reason}`),
      ...rules,
      ...(counted.length > 0 ? [`    ${counted.map((pair) => pair.join(' ')).join(' ')}`] : []),
      ...(t.rate === undefined ? [] : [`    ${t.rate} frames a second`]),
    ];
  },
};
