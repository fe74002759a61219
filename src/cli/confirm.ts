import { Exit } from '../errors.js';
import type { StateDocument } from '../state/schema.js';
import type { Context } from './context.js';

/** Waits until every running worker has taken the change over; returns the exit code of the command that made it. */
export async function confirm({ system, state, warn }: Context, { rev }: StateDocument): Promise<number> {
  const silent = (await system.reload(state, rev)).filter(({ error }) => error !== undefined);
  for (const { device, pid, error } of silent)
    warn(
      `The change is recorded, but the worker of "${device}" (pid ${pid}) does not follow: ${error!.message}`,
      error!.hint ?? '"evlnet port show" tells what runs',
    );
  return silent.length === 0 ? Exit.Ok : Exit.Failure;
}
