import type { Context } from '../context.js';
import { labOptions, labView } from '../lab.js';

/** `evlnet lab up` */
export async function run(context: Context): Promise<number> {
  const { labUp } = await import('../../lab/index.js');
  const { built, ...lab } = await labUp(labOptions(context));
  if (!built) context.warn(`Lab "${lab.name}" is up already`);
  await context.print.records(labView, [lab]);
  return 0;
}
