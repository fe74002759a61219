import { cannotFindPort } from '../../configuration/not-found.js';
import { warnAboutSsh } from '../../configuration/ssh-session.js';
import { EvlnetError } from '../../errors.js';
import { has, parseVlanList } from '../../filter/vlan-set.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import { findRoute, type PortRoute, portRoutes } from '../../worker/routes.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { hostAddress } from '../host-address.js';

/** The way of echo requests. */
export interface EchoPath {
  /** As it was given, and its address. */
  readonly host: string;
  readonly destination: number;
  readonly route: PortRoute;
  readonly state: StateDocument;
}

/** The way to HOST, through the port of -i if one is named; warns of what keeps replies away. */
export async function echoPath(context: Context): Promise<EchoPath> {
  const { arguments: given, system } = context;
  const host = given.text('HOST')!;
  const destination = await hostAddress(host);
  const state = readState(context.state.file, context.stateOptions);
  const [links, addresses, routes] = await Promise.all([system.links(), system.addresses(), system.routes()]);
  const route = routeTo(state, destination, given.text('interface'), { links, addresses, routes });
  if (route.vid !== undefined && !has(parseVlanList(state.vlans), route.vid))
    context.warn(`VLAN ${route.vid} is in-band: no reply will be seen`, `evlnet vlans add ${route.vid}`);
  await warnAboutSsh(context, state, { links, addresses });
  return { host, destination, route, state };
}

function routeTo(
  state: StateDocument,
  destination: number,
  ifname: string | undefined,
  tables: Parameters<typeof portRoutes>[1],
): PortRoute {
  if (ifname !== undefined && state.ports[ifname] === undefined) throw cannotFindPort(ifname);
  const route = findRoute(portRoutes(state, tables), destination, ifname);
  if (route) return route;
  throw new EvlnetError('EVL_NO_ROUTE', `Cannot ping ${dotted(destination)}: network is unreachable`, {
    hint: ifname === undefined ? 'no enabled port leads there' : `no route through "${ifname}" leads there`,
  });
}
