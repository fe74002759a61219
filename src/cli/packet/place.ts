import { namedPort } from '../../configuration/named-port.js';
import { isLeftInBand, recordedPorts } from '../../configuration/recorded-port.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { readTables } from '../../configuration/tables.js';
import type { Link } from '../../linux/link.js';
import type { Protocol } from '../../socket/packet-socket.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import type { Context } from '../context.js';
import { hexEthertype } from './ethertype.js';

const IPV4 = 0x0800;

/** The base device of the port that -i names. `captures` is what is to be received, undefined for nothing: warns of what will not come. */
export async function frameDevice(context: Context, captures: Protocol | undefined): Promise<string> {
  const ifname = context.arguments.text('interface')!;
  const state = readState(context.state.file, context.stateOptions);
  const tables = await readTables(context);
  const { links } = tables;
  const { baseName: base, vid } = namedPort(ifname, state, links);
  if (captures !== undefined) {
    if (vid !== undefined && isLeftInBand(state, base, vid))
      context.warn(`VLAN ${vid} is in-band`, `evlnet vlans add ${vid}`);
    else if (typeof captures === 'number' && captures !== IPV4)
      warnOfType(context, state, { base, links }, captures);
  }
  await warnAboutSsh(context, state, tables);
  return base;
}

/** Only a filter takes what is not IPv4, and only where a port of the device wants it. */
function warnOfType(
  context: Context,
  state: StateDocument,
  { base, links }: { base: string; links: readonly Link[] },
  ethertype: number,
): void {
  const name = hexEthertype(ethertype);
  const isWanted = recordedPorts(state, links).some(
    (port) => port.baseName === base && port.entry.ethertype === 'any',
  );
  if (!isWanted)
    context.warn(
      `Ethernet type ${name} is in-band: no port of "${base}" takes others than IPv4`,
      `evlnet port enable ${base} ethertype any`,
    );
  else if (state.filters[base] === undefined)
    context.warn(
      `Ethernet type ${name} is in-band: no filter of "${base}" accepts it`,
      `evlnet filter set ${base} match 'ether proto ${name}' accept default vlan`,
    );
}
