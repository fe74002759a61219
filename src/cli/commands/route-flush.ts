import { confirm } from '../../configuration/confirm.js';
import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet route flush`: the workers read the tables anew, and whoever sends looks its way up again. */
export async function run(context: Context): Promise<number> {
  return exitCode(context, confirm(context, readState(context.state.file, context.stateOptions)));
}
