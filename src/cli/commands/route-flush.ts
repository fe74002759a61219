import { confirm } from '../../configuration/confirm.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet route flush`: the workers forget what routers said and read the tables anew, and whoever sends looks its way up again. */
export async function run(context: Context): Promise<number> {
  const { system } = context;
  const workers = (await system.workers(context.state)).filter((w) => w.isAlive);
  await Promise.all(workers.map((w) => system.ask(w.folder, { cmd: 'flush-paths' })));
  return exitCode(context, confirm(context, readState(context.state.file, context.stateOptions)));
}
