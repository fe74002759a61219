import { EvlnetError } from '../errors.js';
import { formatIpv4 } from '../wire/address.js';
import { Refusal } from '../worker/way.js';

/** Why there is no way to `destination`, in the words of Linux. `act`: `ping`, `find a route to`. */
export function refusedWay(
  act: string,
  refusal: Refusal,
  destination: number,
  ifname: string | undefined,
): EvlnetError {
  const what = `Cannot ${act} ${formatIpv4(destination)}`;
  if (refusal === Refusal.NoSource)
    return new EvlnetError(
      'EVL_NO_ADDRESS',
      `${what}: ${ifname === undefined ? 'the port there' : `port "${ifname}"`} has no address`,
      {
        hint: `evlnet port show${ifname === undefined ? '' : ` dev ${ifname}`}`,
        errno: 99,
      },
    );
  if (refusal === Refusal.NotOnLink)
    return new EvlnetError('EVL_ADDRESS', `${what}: the address is this host's own, or nobody's`, {
      hint: '"evlnet port show" lists the addresses',
      errno: 22,
    });
  return new EvlnetError('EVL_NO_ROUTE', `${what}: network is unreachable`, {
    hint:
      ifname === undefined
        ? 'no enabled port leads there: "evlnet route" lists what the ports lead to'
        : `no route through "${ifname}" leads there: evlnet route show dev ${ifname}`,
    errno: 101,
  });
}
