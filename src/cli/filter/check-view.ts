import type { View } from '../print/printer.js';

/** Whether a program can run at one place. */
export interface CheckRecord {
  readonly status: 'ok' | 'warn' | 'FAIL';
  readonly program: string;
  /** Absent for what concerns the object as it is. */
  readonly where?: string;
  readonly what: string;
  readonly fix?: string;
}

const INDENT = '      ';

/** Lines as `evlnet check` has them; what a compiler would say in several stands in several. */
export const checkView: View<CheckRecord> = {
  text: ({ status, program, where, what, fix }, { paint }) => {
    const shade = { ok: paint.up, warn: paint.lladdr, FAIL: paint.down }[status];
    const [first = '', ...others] = what.split('\n');
    const place = where === undefined ? program : `${program} ${where}`;
    return [
      `${shade(status.padEnd(4))}  ${place}: ${first}`,
      ...others.map((line) => INDENT + line),
      ...(fix === undefined ? [] : [`${INDENT}Hint: ${fix}`]),
    ];
  },
};
