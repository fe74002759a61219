import { hostAddress } from '../../configuration/host-address.js';
import { solicit } from '../../configuration/solicit.js';
import { EvlnetError } from '../../errors.js';
import type { Context } from '../context.js';
import { exitCode } from '../exit-code.js';

/** `evlnet neighbour solicit HOST` */
export async function run(context: Context): Promise<number> {
  const given = context.arguments;
  const host = given.text('HOST')!;
  const seconds = given.number('deadline');
  const address = host === 'broadcast' ? 0xffff_ffff : await hostAddress(host);
  const signal = context.io.stop();
  const notFollowed = await solicit(context, address, {
    ifname: given.text('dev'),
    isPermanent: given.flag('permanent'),
    mayRoute: given.flag('gateway'),
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
    signal,
  });
  if (signal.aborted)
    throw new EvlnetError('EVL_INTERRUPTED', `Cannot solicit ${host}: interrupted (EINTR)`, { errno: 4 });
  return exitCode(context, Promise.resolve(notFollowed));
}
