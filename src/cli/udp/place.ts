import { cannotFindPort } from '../../configuration/not-found.js';
import { isLeftInBand } from '../../configuration/recorded-port.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { deviceOf } from '../../socket/device-of.js';
import { readState } from '../../state/file.js';
import { placePort } from '../../state/place.js';
import type { StateDocument } from '../../state/schema.js';
import { addressesOf } from '../../worker/routes.js';
import type { Context } from '../context.js';
import { hostAddress } from '../host-address.js';

const BROADCAST = 0xffff_ffff;

/** What -a says. */
export const addressOf = (text: string): number | Promise<number> =>
  text === 'broadcast' ? BROADCAST : hostAddress(text);

/** The base device to receive on: that of the port which -i names, or which has `address`. Warns of what will not come. */
export async function receivingDevice(context: Context, address: number): Promise<string> {
  const ifname = context.arguments.text('interface');
  const state = readState(context.state.file, context.stateOptions);
  if (ifname !== undefined && state.ports[ifname] === undefined) throw cannotFindPort(ifname);
  const device = deviceOf(
    { ifname, address: address === BROADCAST ? 0 : address, destination: 0 },
    context.state.file,
  );
  const [links, addresses] = await Promise.all([context.system.links(), context.system.addresses()]);
  for (const [name, entry] of Object.entries(state.ports)) {
    const { base, vid, kernel } = placePort(name, entry, links);
    const hasAddress = addressesOf(kernel, entry, addresses).some((own) => own.address === address);
    if (base === device && (ifname === undefined ? hasAddress : name === ifname))
      warnIfInBand(context, state, base, vid);
  }
  await warnAboutSsh(context, state, { links, addresses });
  return device;
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
