import type { EvlnetError } from '../errors.js';
import { readObjectFile } from '../filter/object-file.js';
import { openFilter } from '../filter/open.js';
import type { FilterSource } from '../filter/source.js';
import { readState, updateState } from '../state/file.js';
import type { FilterState } from '../state/schema.js';
import { confirm } from './confirm.js';
import { filterDevice } from './filter-device.js';
import { wantedOn, warnAboutFilter } from './filter-warnings.js';
import { refuseEndOfSession, warnAboutSsh } from './ssh-session.js';
import type { Surroundings } from './surroundings.js';
import { readTables } from './tables.js';
import { verify } from './verify-filter.js';

/**
 * Installs a filter on the base device of `ifname`, and waits for the worker; returns what keeps it from following. It is tried first: one
 * that would not run changes nothing. `force`: it may end the SSH session that sets it.
 */
export async function install(
  around: Surroundings,
  ifname: string,
  source: FilterSource,
  force: boolean,
): Promise<EvlnetError[]> {
  const { state: place, stateOptions } = around;
  const tables = await readTables(around);
  const before = readState(place.file, stateOptions);
  const device = filterDevice(ifname, before, tables.links);
  const file = 'object' in source ? readObjectFile(source.object) : undefined;
  const opened = openFilter(source, file?.octets);
  await verify(around, opened, wantedOn(before, device, tables.links));
  if (!force) await refuseEndOfSession(around, before, device, tables, opened);
  const filter: FilterState = file
    ? { ...source, program: opened.program.name, sha256: file.sha256 }
    : source;
  const state = updateState(
    place.file,
    (draft) => {
      draft.filters[device] = filter;
    },
    stateOptions,
  );
  const errors = await confirm(around, state, device);
  warnAboutFilter(around, state, device, tables, opened);
  await warnAboutSsh(around, state, tables);
  return errors;
}

/** Takes the filter away: the VLAN rule alone decides again. Returns what keeps the worker from following. */
export async function remove(around: Surroundings, ifname: string): Promise<EvlnetError[]> {
  const { state: place, stateOptions } = around;
  const tables = await readTables(around);
  const device = filterDevice(ifname, readState(place.file, stateOptions), tables.links);
  const state = updateState(
    place.file,
    (draft) => {
      delete draft.filters[device];
    },
    stateOptions,
  );
  const errors = await confirm(around, state, device);
  // A filter may have kept the session's own VLAN in-band.
  await warnAboutSsh(around, state, tables);
  return errors;
}
