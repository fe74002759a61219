import { changeVlans } from '../../configuration/vlans.js';
import { emptyVlanSet } from '../../filter/vlan-set.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet vlans clear` */
export const run = (context: Context): Promise<number> =>
  exitCode(context, changeVlans(context, false, emptyVlanSet));
