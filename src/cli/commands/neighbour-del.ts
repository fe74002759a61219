import { hostAddress } from '../../configuration/host-address.js';
import { deleteNeighbour } from '../../configuration/neighbours.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet neighbour del HOST dev IFNAME` */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const address = await hostAddress(given.text('HOST')!);
  return exitCode(context, deleteNeighbour(context, address, given.text('dev')!));
}
