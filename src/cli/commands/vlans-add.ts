import { changeVlans } from '../../configuration/vlans.js';
import { union } from '../../filter/vlan-set.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { givenList } from '../vlans.js';

/** `evlnet vlans add LIST` */
export async function run(context: Context): Promise<number> {
  const list = givenList(context);
  return exitCode(
    context,
    changeVlans(context, true, (before) => union(before, list)),
  );
}
