import { hostAddress } from '../../configuration/host-address.js';
import { addNeighbour } from '../../configuration/neighbours.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet neighbour add HOST lladdr MAC dev IFNAME` */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const address = await hostAddress(given.text('HOST')!);
  return exitCode(context, addNeighbour(context, address, given.text('lladdr')!, given.text('dev')!));
}
