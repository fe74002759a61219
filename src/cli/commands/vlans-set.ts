import type { Context } from '../context.js';
import { changeVlans, givenList } from '../vlans.js';

/** `evlnet vlans set LIST` */
export function run(context: Context): Promise<number> {
  const list = givenList(context);
  return changeVlans(context, true, () => list);
}
