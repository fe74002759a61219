import { query } from '../../configuration/query.js';
import { usage } from '../../errors.js';
import type { Context } from '../context.js';
import { queryLetters, queryView } from '../port/query.js';

/** `evlnet port query` */
export async function run(context: Context): Promise<number> {
  const { arguments: given, print } = context;
  const letters = given.text('letters');
  const unknown = [...(letters ?? '')].find((letter) => !(letter in queryLetters));
  if (unknown !== undefined)
    throw usage(
      'EVL_ARGUMENT',
      `argument "${letters}" is wrong: there is no "${unknown}"`,
      `the letters are ${Object.keys(queryLetters).join('')}`,
    );
  await print.records(queryView(letters), [await query(context, given.text('dev')!)]);
  return 0;
}
