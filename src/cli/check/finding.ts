import type { View } from '../print/printer.js';

/** One thing that `evlnet check` looked at. */
export interface Finding {
  readonly status: 'ok' | 'warn' | 'FAIL';
  /** What it is about: kernel, a device, the state file. */
  readonly subject: string;
  readonly what: string;
  /** What to do about it. */
  readonly fix?: string;
}

export const ok = (subject: string, what: string): Finding => ({ status: 'ok', subject, what });
export const warn = (subject: string, what: string, fix?: string): Finding => ({
  status: 'warn',
  subject,
  what,
  ...(fix === undefined ? {} : { fix }),
});
export const fail = (subject: string, what: string, fix?: string): Finding => ({
  ...warn(subject, what, fix),
  status: 'FAIL',
});

const sentence = ({ what, fix }: Finding) => (fix === undefined ? what : `${what} — ${fix}`);

export const findingView: View<Finding> = {
  text: (finding) => [`${finding.status.padEnd(4)}  ${finding.subject}: ${sentence(finding)}`],
  async table(findings, { paint }) {
    const { table } = await import('../print/table.js');
    const shade = { ok: paint.up, warn: paint.lladdr, FAIL: paint.down };
    return table(
      undefined,
      findings.map((f) => [shade[f.status](f.status), f.subject, sentence(f)]),
    );
  },
};
