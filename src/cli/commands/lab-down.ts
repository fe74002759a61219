import type { Context } from '../context.js';
import { labOptions } from '../lab.js';

/** `evlnet lab down`: that there is none is what was wanted. */
export async function run(context: Context): Promise<number> {
  const { labDown } = await import('../../lab/index.js');
  await labDown(labOptions(context));
  return 0;
}
