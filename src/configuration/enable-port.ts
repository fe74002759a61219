import { EvlnetError } from '../errors.js';
import type { Link } from '../linux/link.js';
import { updateState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { confirm } from './confirm.js';
import { createDevice } from './create-device.js';
import {
  checkAddress,
  checkDeviceOptions,
  type DeviceOptions,
  type PortOptions,
  recordDeviceOptions,
  withOptions,
} from './options.js';
import { findPlace, type Place } from './place.js';
import { warnAboutPort } from './port-warnings.js';
import { recordedPorts } from './recorded-port.js';
import { warnAboutSsh } from './ssh-session.js';
import type { Surroundings } from './surroundings.js';
import { readTables } from './tables.js';

/** What may be said of a port that is enabled. */
export interface EnableOptions extends PortOptions, DeviceOptions {
  /** Base device, where the name does not say it. */
  readonly link?: string | undefined;
  /** VLAN ID, where the name does not say it. */
  readonly vid?: number | undefined;
  /** Makes the kernel's VLAN device too. */
  readonly create?: boolean | undefined;
}

/** Records the port, and waits for the workers; returns what keeps them from following. Enabling it again changes only what is given. */
export async function enable(
  around: Surroundings,
  ifname: string,
  wanted: EnableOptions,
): Promise<EvlnetError[]> {
  checkAddress(wanted.address);
  checkDeviceOptions(wanted);
  let tables = await readTables(around);
  let place = findPlace(ifname, wanted, tables.links);
  requireUp(place);
  const change = (draft: StateDocument) => record(draft, place, wanted, tables.links);
  if (wanted.create && place.kernel === undefined) {
    await createDevice(around, place, wanted.address, change);
    tables = await readTables(around);
    place = findPlace(ifname, {}, tables.links);
  }
  const state = updateState(around.state.file, change, around.stateOptions);
  const errors = await confirm(around, state);
  warnAboutPort(around, state, ifname, tables);
  await warnAboutSsh(around, state, tables);
  return errors;
}

// EVL: evl_net_enable_port() answers ENETDOWN.
export function requireUp({ ifname, base }: Place): void {
  if (base.up) return;
  throw new EvlnetError('EVL_LINK_DOWN', `Cannot enable port on "${ifname}": Network is down (ENETDOWN)`, {
    hint: `ip link set ${base.ifname} up`,
    errno: 100,
  });
}

function record(draft: StateDocument, place: Place, wanted: EnableOptions, links: readonly Link[]): void {
  const { ifname, base, vid } = place;
  const before = draft.ports[ifname];
  refuseSecond(draft, place, links);
  if (before?.vid !== undefined && !place.kernel && (before.vid !== vid || before.link !== base.ifname))
    throw new EvlnetError(
      'EVL_PORT_EXISTS',
      `Cannot enable port "${ifname}": it is enabled as VLAN ${before.vid} of "${before.link}"`,
      { hint: `evlnet port disable ${ifname}` },
    );
  recordDeviceOptions(draft, base.ifname, ifname, wanted, links);
  const entry = { ...before, ...(vid === undefined ? {} : { link: base.ifname, vid }) };
  draft.ports[ifname] = withOptions(entry, wanted);
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
