import { writeFileSync } from 'node:fs';
import { namingErrors } from '../../linux/file-error.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';

/** `evlnet state export` */
export function run({ arguments: given, print, state, stateOptions }: Context): number {
  const document = readState(state.file, stateOptions);
  const file = given.text('FILE') ?? '-';
  if (file === '-') print.document(document);
  else
    namingErrors('write', file, 'name another file', () =>
      writeFileSync(file, `${JSON.stringify(document, undefined, 4)}\n`),
    );
  return 0;
}
