import { EvlnetError } from '../errors.js';
import { addresses, links } from '../linux/link.js';
import { readState } from '../state/file.js';
import { placePort } from '../state/place.js';
import { network, parsePrefix } from '../wire/address.js';

/** What a socket is to be on: a port by name, one of its addresses, or where a destination is; 0 is any. */
export interface Whereabouts {
  readonly ifname: string | undefined;
  readonly address: number;
  readonly destination: number;
}

/** The base device for a socket: each has a worker of its own. */
export function deviceOf({ ifname, address, destination }: Whereabouts, stateFile: string): string {
  const ports = configuredPorts(stateFile);
  if (ifname !== undefined) {
    const port = ports.find((p) => p.ifname === ifname);
    if (port === undefined)
      throw new EvlnetError('ENODEV', `Cannot find port "${ifname}" (ENODEV)`, { hint: 'evlnet port show' });
    return port.base;
  }
  const fits = (a: number) =>
    ports.find((p) => p.addresses.some((o) => network(o.address, o.length) === network(a, o.length)));
  const near = address === 0 ? destination : address;
  const port = near === 0 ? undefined : fits(near);
  if (port !== undefined) return port.base;
  const bases = [...new Set(ports.map((p) => p.base))];
  if (bases.length === 1) return bases[0]!;
  throw bases.length === 0
    ? new EvlnetError('EVL_NO_PORT', 'Cannot open a socket: no port is enabled', {
        hint: 'evlnet port enable eth0.42 address 10.10.10.11/24',
      })
    : new EvlnetError(
        'EVL_WHICH_DEVICE',
        `Cannot open a socket on all of ${bases.join(', ')}: it is on one`,
        {
          hint: 'name a port by the option ifname, or an address of it',
        },
      );
}

/** A port as state and kernel have it, whether a worker runs or not. */
export interface ConfiguredPort {
  readonly ifname: string;
  readonly base: string;
  /** 0 for a base device. */
  readonly vid: number;
  readonly addresses: readonly { readonly address: number; readonly length: number }[];
}

export function configuredPorts(stateFile: string): ConfiguredPort[] {
  const all = links();
  const known = addresses();
  return Object.entries(readState(stateFile).ports).map(([ifname, entry]) => {
    const { base, vid = 0, kernel } = placePort(ifname, entry, all);
    const own = kernel
      ? known
          .filter((a) => a.ifindex === kernel.ifindex)
          .map((a) => ({ address: a.address, length: a.prefix }))
      : entry.address === undefined
        ? []
        : [parsePrefix(entry.address)];
    return { ifname, base, vid, addresses: own };
  });
}
