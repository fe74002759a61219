import { EvlnetError } from '../errors.js';

/** What is wrong with an object file; `readObject` puts the file's name in front. */
export const refusal = (reason: string, hint?: string): EvlnetError =>
  new EvlnetError('EVL_OBJECT_FILE', reason, hint === undefined ? {} : { hint });

/** The refusal again, told of `what`; anything else as it is. */
export const refusalOf = (what: string, error: unknown): unknown =>
  error instanceof EvlnetError && error.code === 'EVL_OBJECT_FILE'
    ? refusal(`${what}: ${error.message}`, error.hint)
    : error;
