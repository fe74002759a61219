import { changeVlans } from '../../configuration/vlans.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { givenList } from '../vlans.js';

/** `evlnet vlans set LIST` */
export async function run(context: Context): Promise<number> {
  const list = givenList(context);
  return exitCode(
    context,
    changeVlans(context, true, () => list),
  );
}
