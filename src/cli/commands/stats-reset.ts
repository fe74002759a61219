import type { Context } from '../context.js';
import { chosen } from '../stats/choice.js';

/** `evlnet stats reset`: counters live with their worker, so without one there is nothing to do. */
export async function run(context: Context): Promise<number> {
  const counted = await chosen(context);
  const ifname = context.arguments.text('dev');
  const folders = new Set(counted.filter((c) => c.worker?.isAlive).map((c) => c.worker!.folder));
  for (const folder of folders)
    await context.system.ask(folder, { cmd: 'reset', ...(ifname === undefined ? {} : { ifname }) });
  return 0;
}
