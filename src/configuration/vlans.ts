import type { EvlnetError } from '../errors.js';
import { formatVlanList, parseVlanList, type VlanSet } from '../filter/vlan-set.js';
import { updateState } from '../state/file.js';
import { confirm } from './confirm.js';
import { warnAboutVids } from './port-warnings.js';
import { warnAboutSsh } from './ssh-session.js';
import type { Surroundings } from './surroundings.js';
import { readTables } from './tables.js';

/**
 * Replaces the set by what `change` makes of it, and waits for the workers; returns what keeps them from following. `adds` warns of what is
 * taken from now on.
 */
export async function changeVlans(
  around: Surroundings,
  adds: boolean,
  change: (before: VlanSet) => VlanSet,
): Promise<EvlnetError[]> {
  const state = updateState(
    around.state.file,
    (draft) => {
      draft.vlans = formatVlanList(change(parseVlanList(draft.vlans)));
    },
    around.stateOptions,
  );
  const errors = await confirm(around, state);
  if (adds) {
    const tables = await readTables(around);
    warnAboutVids(around, state, tables.links);
    await warnAboutSsh(around, state, tables);
  }
  return errors;
}
