import { type EvlnetError, usage } from '../errors.js';

/** The command line ended too early; `hint` says what was expected. */
export const incomplete = (hint: string): EvlnetError =>
  usage('EVL_INCOMPLETE', 'Command line is not complete. Try "help".', hint);
