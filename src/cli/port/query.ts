import type { PortReport } from '../../configuration/query.js';
import type { View } from '../print/printer.js';

const yesNo = (is: boolean) => (is ? 'yes' : 'no');

/** The letters of `-Q<letters>`. */
export const queryLetters: Record<string, (q: PortReport) => string | number> = {
  R: (q) => q.rx_packets,
  r: (q) => q.rx_bytes,
  T: (q) => q.tx_packets,
  t: (q) => q.tx_bytes,
  o: (q) => yesNo(q.oob_capable),
  s: (q) => q.skb_size,
  f: (q) => q.skb_free,
  a: (q) => q.skb_total,
  c: (q) => q.csum_errors,
  x: (q) => `${q.rx_nomem} ${q.tx_nomem}`,
};

const report = (q: PortReport): [label: string, value: string | number][] => [
  ['oob capability', yesNo(q.oob_capable)],
  ['rx packets', q.rx_packets],
  ['rx bytes', q.rx_bytes],
  ['tx packets', q.tx_packets],
  ['tx bytes', q.tx_bytes],
  ['skb size', q.skb_size],
  ['skb free', `${q.skb_free} / ${q.skb_total}`],
  ['csum errors', q.csum_errors],
  ['rx nomem', q.rx_nomem],
  ['tx nomem', q.tx_nomem],
];

/** The full report, labels right-aligned to 14 columns, or with letters their values on one line: byte for byte EVL's. */
export const queryView = (letters: string | undefined): View<PortReport> => ({
  text: (q) =>
    letters === undefined
      ? report(q).map(([label, value]) => `${label.padStart(14)}: ${value}`)
      : [[...letters].map((letter) => queryLetters[letter]!(q)).join(' ')],
});
