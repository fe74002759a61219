import { EvlnetError } from '../errors.js';

/** For what is asked of a worker if there is one: nothing where it has ended meanwhile. */
export function unlessEnded(error: unknown): undefined {
  const code = error instanceof EvlnetError ? error.code : '';
  if (code !== 'EVL_WORKER_GONE' && code !== 'EVL_NO_WORKER') throw error;
}
