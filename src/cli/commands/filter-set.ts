import { install } from '../../configuration/filter.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { givenSource } from '../filter/source.js';
import { incomplete } from '../incomplete.js';

/** `evlnet filter set`: tries the filter first; one that would not run changes nothing. */
export async function run(context: Context): Promise<number> {
  const { arguments: given, globals } = context;
  const ifname = given.text('dev')!;
  const source = givenSource(given);
  if (source === undefined)
    throw incomplete(
      `evlnet filter set ${ifname} { object FILE.o [ program NAME ] | match EXPR VERDICT... [ default VERDICT ] | all VERDICT }`,
    );
  return exitCode(context, install(context, ifname, source, globals.force));
}
