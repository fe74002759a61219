import { type EvlnetError, Exit } from '../errors.js';
import type { Context } from './context.js';

/** The exit code of a change that is recorded, and the warnings of workers that do not follow it. */
export async function exitCode(
  { warn }: Context,
  notFollowed: Promise<readonly EvlnetError[]>,
): Promise<Exit> {
  const errors = await notFollowed;
  for (const { message, hint } of errors) warn(message, hint);
  return errors.length === 0 ? Exit.Ok : Exit.Failure;
}
