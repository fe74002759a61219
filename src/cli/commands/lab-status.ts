import type { Context } from '../context.js';
import { labOptions, labView } from '../lab.js';

/** `evlnet lab status`: all labs, or the one named. */
export async function run(context: Context): Promise<number> {
  const { labStatus } = await import('../../lab/index.js');
  await context.print.records(labView, await labStatus(labOptions(context)));
  return 0;
}
