import { hostAddress } from '../../configuration/host-address.js';
import { refusedWay } from '../../configuration/refused-way.js';
import { readNetworkTables } from '../../configuration/tables.js';
import { readState } from '../../state/file.js';
import { Ways } from '../../worker/way.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { listNeighbours } from '../neighbour/list.js';
import { givenPort } from '../port/given.js';
import { wayRecord } from '../route/record.js';
import { wayView } from '../route/view.js';

/** `evlnet route get HOST` */
export async function run(context: Context): Promise<number> {
  const destination = await hostAddress(context.arguments.text('HOST')!);
  const state = readState(context.state.file, context.stateOptions);
  const tables = await readNetworkTables(context);
  const ifname = givenPort(context.arguments, state, tables.links)?.ifname;
  const way = new Ways(state, tables).find(destination, ifname);
  if (typeof way === 'number') throw refusedWay('find a route to', way, destination, ifname);
  const neighbours =
    way.kind === 'unicast'
      ? await listNeighbours(context, state, tables.links, (p) => p.ifname === way.ifname)
      : [];
  const next = neighbours.find(({ dst }) => dst === dotted(way.nextHop));
  await context.print.records(wayView, [wayRecord(way, next)]);
  return 0;
}
