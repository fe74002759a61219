import { union } from '../../filter/vlan-set.js';
import type { Context } from '../context.js';
import { changeVlans, givenList } from '../vlans.js';

/** `evlnet vlans add LIST` */
export function run(context: Context): Promise<number> {
  const list = givenList(context);
  return changeVlans(context, true, (before) => union(before, list));
}
