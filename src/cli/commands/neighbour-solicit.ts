import { solicit } from '../../configuration/solicit.js';
import { usage } from '../../errors.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { hostAddress } from '../host-address.js';

/** `evlnet neighbour solicit HOST` */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const host = given.text('HOST')!;
  const seconds = given.number('deadline');
  if (seconds === 0)
    throw usage('EVL_ARGUMENT', 'argument "0" is wrong: "deadline" is more than 0 (EINVAL)', '-w 5');
  return exitCode(
    context,
    solicit(context, host === 'broadcast' ? 0xffff_ffff : await hostAddress(host), {
      ifname: given.text('dev'),
      isPermanent: given.flag('permanent'),
      mayRoute: given.flag('gateway'),
      ...(seconds === undefined ? {} : { timeoutMs: Math.ceil(seconds * 1000) }),
      signal: context.io.stop(),
    }),
  );
}
