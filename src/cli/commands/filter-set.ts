import { readObjectFile } from '../../filter/object-file.js';
import { openFilter } from '../../filter/open.js';
import { readState, updateState } from '../../state/file.js';
import type { FilterState } from '../../state/schema.js';
import { confirm } from '../confirm.js';
import type { Context } from '../context.js';
import { filterDevice } from '../filter/device.js';
import { givenSource } from '../filter/source.js';
import { verify } from '../filter/verify.js';
import { wantedOn, warnAboutFilter } from '../filter/warnings.js';
import { incomplete } from '../incomplete.js';
import { readTables } from '../port/warnings.js';
import { refuseEndOfSession, warnAboutSsh } from '../ssh.js';

/** `evlnet filter set`: tries the filter first; one that would not run changes nothing. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, state: place, stateOptions } = context;
  const ifname = given.text('dev')!;
  const source = givenSource(given);
  if (source === undefined)
    throw incomplete(
      `evlnet filter set ${ifname} { object FILE.o [ program NAME ] | match EXPR VERDICT... [ default VERDICT ] | all VERDICT }`,
    );
  const tables = await readTables(context);
  const before = readState(place.file, stateOptions);
  const device = filterDevice(ifname, before, tables.links);
  const file = 'object' in source ? readObjectFile(source.object) : undefined;
  const opened = openFilter(source, file?.octets);
  await verify(context, opened, wantedOn(before, device, tables.links));
  await refuseEndOfSession(context, before, device, tables, opened);
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
  const code = await confirm(context, state, device);
  warnAboutFilter(context, state, device, tables, opened);
  await warnAboutSsh(context, state, tables);
  return code;
}
