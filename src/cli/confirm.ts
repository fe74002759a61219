import { Exit } from '../errors.js';
import type { StateDocument } from '../state/schema.js';
import type { Context } from './context.js';

/** The verifier may look at a million instructions. */
const FILTER_MS = 10_000;

/**
 * Waits until every running worker has taken the change over; returns the exit code of the command that made it. `filterOf` is the device
 * whose filter was changed: a worker that follows all but its filter is reported for no other change.
 */
export async function confirm(
  { system, state, warn }: Context,
  { rev }: StateDocument,
  filterOf?: string,
): Promise<number> {
  const workers = await system.reload(state, rev, filterOf === undefined ? undefined : FILTER_MS);
  const refused = workers.filter(({ device, filterError }) => device === filterOf && filterError);
  for (const { device, pid, filterError } of refused)
    warn(
      `The filter is recorded, but the worker of "${device}" (pid ${pid}) does not run it: ${filterError!.message}`,
      filterError!.hint,
    );
  const silent = workers.filter(({ error }) => error !== undefined);
  for (const { device, pid, error } of silent)
    warn(
      `The change is recorded, but the worker of "${device}" (pid ${pid}) does not follow: ${error!.message}`,
      error!.hint ?? '"evlnet port show" tells what runs',
    );
  return silent.length + refused.length === 0 ? Exit.Ok : Exit.Failure;
}
