import { readState } from '../../state/file.js';
import type { Context } from '../context.js';
import { listNeighbours } from '../neighbour/list.js';
import { neighbourView } from '../neighbour/view.js';
import { givenPort } from '../port/given.js';

/** `evlnet neighbour show` */
export async function run(context: Context): Promise<number> {
  const state = readState(context.state.file, context.stateOptions);
  const links = await context.system.links();
  const one = givenPort(context.arguments, state, links);
  const records = await listNeighbours(
    context,
    state,
    links,
    (p) => one === undefined || p.ifname === one.ifname,
  );
  await context.print.records(neighbourView, records);
  return 0;
}
