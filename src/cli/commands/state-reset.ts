import { confirm } from '../../configuration/confirm.js';
import { resetState } from '../../state/file.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet state reset`: what was recorded stays in the backup beside the file. */
export const run = (context: Context): Promise<number> =>
  exitCode(context, confirm(context, resetState(context.state.file, context.stateOptions)));
