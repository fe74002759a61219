import { hostAddress } from '../../configuration/host-address.js';
import { refusedWay } from '../../configuration/refused-way.js';
import { readNetworkTables } from '../../configuration/tables.js';
import { readState } from '../../state/file.js';
import { type Way, Ways } from '../../worker/way.js';
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
  const mtu = Math.min(way.mtu, (await learnedMtu(context, way)) || way.mtu);
  await context.print.records(wayView, [wayRecord({ ...way, mtu }, next)]);
  return 0;
}

/** What routers told the worker of how long packets to the host may be; 0 where they told nothing, or none runs. */
async function learnedMtu({ system, state }: Context, { base, destination, kind }: Way): Promise<number> {
  const worker = (await system.workers(state)).find((w) => w.isAlive && w.device === base);
  if (worker === undefined || kind !== 'unicast') return 0;
  return (await system.ask(worker.folder, { cmd: 'path-mtu', address: destination })).mtu;
}
