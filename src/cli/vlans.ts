import { formatVlanList, parseVlanList, type VlanSet } from '../filter/vlan-set.js';
import { updateState } from '../state/file.js';
import { confirm } from './confirm.js';
import type { Context } from './context.js';
import { readTables, warnAboutVids } from './port/warnings.js';
import { warnAboutSsh } from './ssh.js';

/** The set that the words after the verb spell; nothing is the empty set. */
export const givenList = (context: Context): VlanSet =>
  parseVlanList(context.arguments.list('LIST').join(' '));

/** Replaces the set by what `change` makes of it, and waits for the workers. `adds` warns of what is taken from now on. */
export async function changeVlans(
  context: Context,
  adds: boolean,
  change: (before: VlanSet) => VlanSet,
): Promise<number> {
  const state = updateState(
    context.state.file,
    (draft) => {
      draft.vlans = formatVlanList(change(parseVlanList(draft.vlans)));
    },
    context.stateOptions,
  );
  const code = await confirm(context, state);
  if (adds) {
    const tables = await readTables(context);
    warnAboutVids(context, state, tables.links);
    await warnAboutSsh(context, state, tables);
  }
  return code;
}
