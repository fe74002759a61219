import { readNetworkTables } from '../../configuration/tables.js';
import { readState } from '../../state/file.js';
import { portRoutes } from '../../worker/routes.js';
import type { Context } from '../context.js';
import { givenPort } from '../port/given.js';
import { routeRecord } from '../route/record.js';
import { routeView } from '../route/view.js';

/** `evlnet route show`: in the order in which they are tried. */
export async function run(context: Context): Promise<number> {
  const state = readState(context.state.file, context.stateOptions);
  const tables = await readNetworkTables(context);
  const one = givenPort(context.arguments, state, tables.links);
  const routes = portRoutes(state, tables).filter((r) => one === undefined || r.ifname === one.ifname);
  await context.print.records(routeView, routes.map(routeRecord));
  return 0;
}
