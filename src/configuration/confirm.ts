import { EvlnetError } from '../errors.js';
import type { StateDocument } from '../state/schema.js';
import type { Surroundings } from './surroundings.js';

/** The verifier may look at a million instructions. */
const FILTER_MS = 10_000;

/**
 * Waits until every running worker has taken the change over; returns an EVL_NOT_FOLLOWED for each that has not. `filtersOf` are the devices
 * whose filter was changed: a worker that follows all but its filter is reported for no other change.
 */
export async function confirm(
  { system, state }: Pick<Surroundings, 'system' | 'state'>,
  { rev }: StateDocument,
  ...filtersOf: readonly string[]
): Promise<EvlnetError[]> {
  const workers = await system.reload(state, rev, filtersOf.length === 0 ? undefined : FILTER_MS);
  const refused = workers.filter(({ device, filterError }) => filtersOf.includes(device) && filterError);
  const silent = workers.filter(({ error }) => error !== undefined);
  return [
    ...refused.map(({ device, pid, filterError }) =>
      notFollowed(
        `The filter is recorded, but the worker of "${device}" (pid ${pid}) does not run it`,
        filterError!,
        filterError!.hint,
      ),
    ),
    ...silent.map(({ device, pid, error }) =>
      notFollowed(
        `The change is recorded, but the worker of "${device}" (pid ${pid}) does not follow`,
        error!,
        error!.hint ?? '"evlnet port show" tells what runs',
      ),
    ),
  ];
}

const notFollowed = (what: string, cause: EvlnetError, hint: string | undefined) =>
  new EvlnetError('EVL_NOT_FOLLOWED', `${what}: ${cause.message}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
