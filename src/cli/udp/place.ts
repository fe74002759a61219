import { hostAddress } from '../../configuration/host-address.js';
import { namedPort } from '../../configuration/named-port.js';
import { isLeftInBand } from '../../configuration/recorded-port.js';
import { refusedWay } from '../../configuration/refused-way.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { readNetworkTables, readTables } from '../../configuration/tables.js';
import { deviceOf } from '../../socket/device-of.js';
import { readState } from '../../state/file.js';
import { placePort } from '../../state/place.js';
import type { StateDocument } from '../../state/schema.js';
import { addressesOf } from '../../worker/routes.js';
import { type Way, Ways } from '../../worker/way.js';
import type { Context } from '../context.js';

const BROADCAST = 0xffff_ffff;

/** A multicast group (RFC 1112 §4). */
export const isGroup = (address: number): boolean => address >>> 28 === 0xe;

/** What -a says. */
export const addressOf = (text: string): number | Promise<number> =>
  text === 'broadcast' ? BROADCAST : hostAddress(text);

/** The base device to receive on: that of the port which -i names, or which has `address`. Warns of what will not come. */
export async function receivingDevice(context: Context, address: number): Promise<string> {
  const ifname = context.arguments.text('interface');
  const state = readState(context.state.file, context.stateOptions);
  const tables = await readTables(context);
  const { links, addresses } = tables;
  if (ifname !== undefined) namedPort(ifname, state, links);
  const device = deviceOf(
    { ifname, address: address === BROADCAST ? 0 : address, destination: 0 },
    context.state.file,
  );
  for (const [name, entry] of Object.entries(state.ports)) {
    const { base, vid, kernel } = placePort(name, entry, links);
    const own = addressesOf(kernel, entry, addresses);
    const hasAddress = isGroup(address) || own.some((o) => o.address === address);
    if (base === device && (ifname === undefined ? hasAddress : name === ifname))
      warnIfInBand(context, state, base, vid);
  }
  await warnAboutSsh(context, state, tables);
  return device;
}

/** The way that datagrams to `address` take; to 255.255.255.255 by the only port, where -i names none. Warns of what will not come back. */
export async function sendingWay(context: Context, address: number): Promise<Way> {
  const state = readState(context.state.file, context.stateOptions);
  const tables = await readNetworkTables(context);
  const ports = Object.keys(state.ports);
  const only = address === BROADCAST && ports.length === 1 ? ports[0] : undefined;
  const ifname = context.arguments.text('interface') ?? only;
  if (ifname !== undefined) namedPort(ifname, state, tables.links);
  const way = new Ways(state, tables).find(address, ifname);
  if (typeof way === 'number') throw refusedWay('send to', way, address, ifname);
  warnIfInBand(context, state, way.base, way.vid);
  await warnAboutSsh(context, state, tables);
  return way;
}

export function warnIfInBand(
  context: Context,
  state: StateDocument,
  base: string,
  vid: number | undefined,
): void {
  if (vid !== undefined && isLeftInBand(state, base, vid))
    context.warn(`VLAN ${vid} is in-band`, `evlnet vlans add ${vid}`);
}
