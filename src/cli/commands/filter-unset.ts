import { readState, updateState } from '../../state/file.js';
import { confirm } from '../confirm.js';
import type { Context } from '../context.js';
import { filterDevice } from '../filter/device.js';
import { readTables } from '../port/warnings.js';
import { warnAboutSsh } from '../ssh.js';

/** `evlnet filter unset`: the VLAN rule alone decides again. */
export async function run(context: Context): Promise<number> {
  const { state: place, stateOptions } = context;
  const tables = await readTables(context);
  const ifname = context.arguments.text('dev')!;
  const device = filterDevice(ifname, readState(place.file, stateOptions), tables.links);
  const state = updateState(
    place.file,
    (draft) => {
      delete draft.filters[device];
    },
    stateOptions,
  );
  const code = await confirm(context, state, device);
  // A filter may have kept the session's own VLAN in-band.
  await warnAboutSsh(context, state, tables);
  return code;
}
