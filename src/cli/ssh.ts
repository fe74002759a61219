import type { Address } from '../linux/address.js';
import type { Link } from '../linux/link.js';
import type { StateDocument } from '../state/schema.js';
import type { Context } from './context.js';
import { dotted } from './dotted.js';
import { below } from './port/place.js';
import { isInSet, recordedPorts } from './port/recorded.js';

/** Warns when frames of the session's own SSH connection are, or are about to be, taken out-of-band. */
export async function warnAboutSsh(
  context: Context,
  state: StateDocument,
  tables: { readonly links: readonly Link[]; readonly addresses: readonly Address[] },
): Promise<void> {
  // sudo(8) drops the variable, but not our ancestors.
  const connection = context.io.env.SSH_CONNECTION ?? (await context.system.inherited('SSH_CONNECTION'));
  const device = connection && deviceOf(connection, tables);
  if (!device || device.vlan === undefined || !isInSet(state, device.vlan.id)) return;
  const base = below(device, tables.links)?.ifname;
  if (!recordedPorts(state, tables.links).some((port) => port.baseName === base)) return;
  context.warn(
    `This SSH session comes in by "${device.ifname}": it stops while a worker runs on "${base}"`,
    `evlnet vlans del ${device.vlan.id}`,
  );
}

/** The device that has the server's address: `CLIENT PORT SERVER PORT`, sshd(8). */
function deviceOf(
  connection: string,
  { links, addresses }: { readonly links: readonly Link[]; readonly addresses: readonly Address[] },
): Link | undefined {
  const server = connection.split(' ')[2]?.replace(/^::ffff:/, '');
  const found = addresses.find((a) => dotted(a.address) === server);
  return found && links.find((l) => l.ifindex === found.ifindex);
}
