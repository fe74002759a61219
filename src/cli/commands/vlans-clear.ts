import { emptyVlanSet } from '../../filter/vlan-set.js';
import type { Context } from '../context.js';
import { changeVlans } from '../vlans.js';

/** `evlnet vlans clear` */
export const run = (context: Context): Promise<number> => changeVlans(context, false, emptyVlanSet);
