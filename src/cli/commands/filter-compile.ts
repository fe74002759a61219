import { writeFileSync } from 'node:fs';
import { Exit } from '../../errors.js';
import { compileObject } from '../../filter/compile.js';
import { namingErrors } from '../../linux/file-error.js';
import type { Context } from '../context.js';
import { givenSource } from '../filter/source.js';
import { incomplete } from '../incomplete.js';

/** `evlnet filter compile … -o FILE.o` */
export function run({ arguments: given }: Context): number {
  const source = givenSource(given);
  if (source === undefined || 'object' in source)
    throw incomplete('what to compile: match EXPR VERDICT or all VERDICT');
  const octets = compileObject(source);
  const file = given.text('output')!;
  namingErrors('write object', file, 'name another file with -o', () => writeFileSync(file, octets));
  return Exit.Ok;
}
