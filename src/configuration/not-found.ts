import { EvlnetError } from '../errors.js';
import { suggest } from '../suggest.js';

/** ip(8)'s words, and the name that was probably meant. */
export function cannotFindDevice(ifname: string, known: readonly { readonly ifname: string }[]): EvlnetError {
  const meant = suggest(
    ifname,
    known.map((l) => l.ifname),
  );
  return new EvlnetError('EVL_NO_DEVICE', `Cannot find device "${ifname}"`, {
    hint: meant === undefined ? '"ip link" lists the devices' : `did you mean "${meant}"?`,
  });
}

export const cannotFindPort = (ifname: string): EvlnetError =>
  new EvlnetError('EVL_NO_PORT', `Cannot find an enabled port "${ifname}"`, {
    hint: `evlnet port enable ${ifname}`,
  });
