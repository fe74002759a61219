import { flushNeighbours } from '../../configuration/neighbours.js';
import type { Context } from '../context.js';

/** `evlnet neighbour flush` */
export async function run(context: Context): Promise<number> {
  await flushNeighbours(context, context.arguments.text('dev'));
  return 0;
}
