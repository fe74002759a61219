import { EvlnetError } from '../../errors.js';
import type { Link } from '../../linux/link.js';
import { updateState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import type { Arguments } from '../arguments.js';
import { confirm } from '../confirm.js';
import type { Context } from '../context.js';
import { createDevice } from '../port/create.js';
import { givenAddress, givenDeviceOptions, recordDeviceOptions, withOptions } from '../port/options.js';
import { findPlace, type Place } from '../port/place.js';
import { recordedPorts } from '../port/recorded.js';
import { readTables, warnAboutPort } from '../port/warnings.js';
import { warnAboutSsh } from '../ssh.js';

/** `evlnet port enable`: records the port. Enabling it again changes only what is given. */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const address = givenAddress(given);
  const wanted = { link: given.text('link'), vid: given.number('vid') };
  let tables = await readTables(context);
  let place = findPlace(given.text('dev')!, wanted, tables.links);
  requireUp(place);
  const change = (draft: StateDocument) => record(draft, place, address, given, tables.links);
  if (given.flag('create') && place.kernel === undefined) {
    await createDevice(context, place, address, change);
    tables = await readTables(context);
    place = findPlace(place.ifname, {}, tables.links);
  }
  const state = updateState(context.state.file, change, context.stateOptions);
  const code = await confirm(context, state);
  warnAboutPort(context, state, place.ifname, tables);
  await warnAboutSsh(context, state, tables);
  return code;
}

// EVL: evl_net_enable_port() answers ENETDOWN.
function requireUp({ ifname, base }: Place): void {
  if (base.up) return;
  throw new EvlnetError('EVL_LINK_DOWN', `Cannot enable port on "${ifname}": Network is down (ENETDOWN)`, {
    hint: `ip link set ${base.ifname} up`,
    errno: 100,
  });
}

function record(
  draft: StateDocument,
  place: Place,
  address: string | undefined,
  given: Arguments,
  links: readonly Link[],
): void {
  const { ifname, base, vid } = place;
  const before = draft.ports[ifname];
  refuseSecond(draft, place, links);
  if (before?.vid !== undefined && !place.kernel && (before.vid !== vid || before.link !== base.ifname))
    throw new EvlnetError(
      'EVL_PORT_EXISTS',
      `Cannot enable port "${ifname}": it is enabled as VLAN ${before.vid} of "${before.link}"`,
      { hint: `evlnet port disable ${ifname}` },
    );
  recordDeviceOptions(draft, base.ifname, ifname, givenDeviceOptions(given), links);
  const entry = {
    ...before,
    ...(vid === undefined ? {} : { link: base.ifname, vid }),
    ...(address === undefined ? {} : { address }),
  };
  draft.ports[ifname] = withOptions(entry, given);
}

/** One VLAN of one device is one port: two would both answer. */
function refuseSecond(draft: StateDocument, { ifname, base, vid }: Place, links: readonly Link[]): void {
  const other = recordedPorts(draft, links).find(
    (port) => port.ifname !== ifname && port.baseName === base.ifname && port.vid === vid,
  );
  if (other === undefined) return;
  throw new EvlnetError(
    'EVL_PORT_EXISTS',
    `Cannot enable port "${ifname}": VLAN ${vid} of "${base.ifname}" is port "${other.ifname}"`,
    { hint: `evlnet port disable ${other.ifname}` },
  );
}
