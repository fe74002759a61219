import { hostAddress } from '../../configuration/host-address.js';
import { cannotFindPort } from '../../configuration/not-found.js';
import { refusedWay } from '../../configuration/refused-way.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { readNetworkTables } from '../../configuration/tables.js';
import { has, parseVlanList } from '../../filter/vlan-set.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import { type Way, Ways } from '../../worker/way.js';
import type { Context } from '../context.js';

/** The way of echo requests. */
export interface EchoPath {
  /** As it was given, and its address. */
  readonly host: string;
  readonly destination: number;
  readonly route: Way;
  readonly state: StateDocument;
}

/** The way to HOST, through the port of -i if one is named; warns of what keeps replies away. */
export async function echoPath(context: Context): Promise<EchoPath> {
  const given = context.arguments;
  const host = given.text('HOST')!;
  const ifname = given.text('interface');
  const destination = await hostAddress(host);
  const state = readState(context.state.file, context.stateOptions);
  if (ifname !== undefined && state.ports[ifname] === undefined) throw cannotFindPort(ifname);
  const tables = await readNetworkTables(context);
  const route = new Ways(state, tables).find(destination, ifname);
  if (typeof route === 'number') throw refusedWay('ping', route, destination, ifname);
  if (route.vid !== undefined && !has(parseVlanList(state.vlans), route.vid))
    context.warn(`VLAN ${route.vid} is in-band: no reply will be seen`, `evlnet vlans add ${route.vid}`);
  await warnAboutSsh(context, state, tables);
  return { host, destination, route, state };
}
