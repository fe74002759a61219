import { remove } from '../../configuration/filter.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet filter unset`: the VLAN rule alone decides again. */
export const run = (context: Context): Promise<number> =>
  exitCode(context, remove(context, context.arguments.text('dev')!));
