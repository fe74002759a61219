import type { Context } from '../context.js';
import { labOptions } from '../lab.js';

/** `evlnet lab run`: Ctrl-C ends it early, which is no failure. */
export async function run(context: Context): Promise<number> {
  const { labRun } = await import('../../lab/index.js');
  await labRun({
    ...labOptions(context),
    write: (text) => context.io.stdout.write(text),
    signal: context.io.stop(),
  });
  return 0;
}
