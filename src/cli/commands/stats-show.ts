import type { Context } from '../context.js';
import { readAll, recordsOf } from '../stats/reading.js';
import { statsView } from '../stats/view.js';

/** `evlnet stats show` */
export async function run(context: Context): Promise<number> {
  await context.print.records(statsView, recordsOf(await readAll(context)));
  return 0;
}
