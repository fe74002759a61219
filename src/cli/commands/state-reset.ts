import { resetState } from '../../state/file.js';
import { confirm } from '../confirm.js';
import type { Context } from '../context.js';

/** `evlnet state reset`: what was recorded stays in the backup beside the file. */
export const run = (context: Context): Promise<number> =>
  confirm(context, resetState(context.state.file, context.stateOptions));
