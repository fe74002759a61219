import type { Context } from '../context.js';
import { labView } from '../lab.js';

/** `evlnet lab status`: all labs, or the one named. */
export async function run({ arguments: given, print }: Context): Promise<number> {
  const { labStatus } = await import('../../lab/index.js');
  const name = given.text('name');
  await print.records(
    labView,
    (await labStatus()).filter((lab) => name === undefined || lab.name === name),
  );
  return 0;
}
