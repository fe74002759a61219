import { difference } from '../../filter/vlan-set.js';
import type { Context } from '../context.js';
import { changeVlans, givenList } from '../vlans.js';

/** `evlnet vlans del LIST` */
export function run(context: Context): Promise<number> {
  const list = givenList(context);
  return changeVlans(context, false, (before) => difference(before, list));
}
