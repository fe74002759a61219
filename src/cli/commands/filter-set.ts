import { readObjectFile } from '../../filter/object-file.js';
import { openFilter } from '../../filter/open.js';
import { readState, updateState } from '../../state/file.js';
import type { FilterState, StateDocument } from '../../state/schema.js';
import { confirm } from '../confirm.js';
import type { Context } from '../context.js';
import { filterDevice } from '../filter/device.js';
import { givenSource } from '../filter/source.js';
import { verify } from '../filter/verify.js';
import { incomplete } from '../incomplete.js';
import { recordedPorts } from '../port/recorded.js';
import { readTables, type Tables } from '../port/warnings.js';

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
  await verify(context, opened, takesAny(before, device, tables));
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
  warnAboutPorts(context, state, device, tables);
  return code;
}

const portsOf = (state: StateDocument, device: string, { links }: Tables) =>
  recordedPorts(state, links).filter((port) => port.baseName === device);

const takesAny = (state: StateDocument, device: string, tables: Tables): boolean =>
  portsOf(state, device, tables).some((port) => port.entry.ethertype === 'any');

/** A filter decides only where a port makes a worker possible, and what it accepts must be somebody's. */
function warnAboutPorts(context: Context, state: StateDocument, device: string, tables: Tables): void {
  const ports = portsOf(state, device, tables);
  const filter = state.filters[device]!;
  if (ports.length === 0)
    context.warn(`"${device}" carries no port: the filter waits for one`, `evlnet port enable ${device}`);
  else if ('all' in filter && filter.all === 'accept' && ports.every((port) => port.vid !== undefined))
    context.warn(
      `"${device}" itself is no port: untagged IPv4 is taken out-of-band and dropped as no-port`,
      `evlnet port enable ${device}`,
    );
}
