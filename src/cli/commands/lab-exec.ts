import type { Context } from '../context.js';
import { labOptions } from '../lab.js';

/** `evlnet lab exec HOST CMD…` */
export async function run(context: Context): Promise<number> {
  const { labExec } = await import('../../lab/index.js');
  const { arguments: given } = context;
  return labExec(labOptions(context), given.text('HOST')!, given.list('CMD'));
}
