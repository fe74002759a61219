import { setPort } from '../../configuration/set-port.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { incomplete } from '../incomplete.js';
import { givenDeviceOptions, givenPortOptions } from '../port/options.js';

/** `evlnet port set`: changes an enabled port. */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const ifname = given.text('dev')!;
  const wanted = { ...givenPortOptions(given), ...givenDeviceOptions(given) };
  if (Object.values(wanted).every((value) => value === undefined))
    throw incomplete(
      `evlnet port set ${ifname} { pool N | bufsz BYTES | address A/PLEN | driver … | mode … | icmp-errors … }`,
    );
  return exitCode(context, setPort(context, ifname, wanted));
}
