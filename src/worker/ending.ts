import { EvlnetError } from '../errors.js';

/** What a worker answers that is about to end, as if it had ended: the client finds the next one, or becomes it. */
export const ending = (act: string) =>
  new EvlnetError('EVL_WORKER_GONE', `Cannot ${act}: the worker is about to end`, {
    hint: 'ask again: the next one takes it',
  });
