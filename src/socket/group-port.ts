// The port that a group is joined on, or multicasts leave by: ip_mc_find_dev() of net/ipv4/igmp.c, with names of ports beside their addresses.
import { readIpv4 } from '../wire/address.js';
import { type ConfiguredPort, configuredPorts } from './device-of.js';
import { type Act, refusal } from './errors.js';

/** What tells the port. */
export interface GroupPlace {
  /** Address or name of a port, as the caller gave it. */
  readonly named: string | undefined;
  /** The port that the socket is bound to. */
  readonly bound: string | undefined;
  /** The base device that the socket is on, where it is on one already. */
  readonly device: string;
}

/** Throws `errno` where no port is so named, or none can be told among several. */
export function groupPort(
  { named, bound, device }: GroupPlace,
  stateFile: string,
  act: Act,
  errno: number,
): ConfiguredPort {
  const ports = configuredPorts(stateFile).filter((p) => device === '' || p.base === device);
  const own = bound === undefined ? ports : ports.filter((p) => p.ifname === bound);
  const address = named === undefined ? undefined : readIpv4(named);
  const isAny = named === undefined || address === 0;
  const [port, ...others] = isAny
    ? own
    : own.filter((p) => p.ifname === named || p.addresses.some((a) => a.address === address));
  if (port !== undefined && (others.length === 0 || !isAny)) return port;
  const [reason, hint] =
    port === undefined
      ? [isAny ? 'there is no port' : `no port is called "${named}", or has that address`, 'evlnet port show']
      : ['there are several ports', `name one of ${own.map((p) => p.ifname).join(', ')}, or its address`];
  throw refusal(act, errno, reason, hint);
}
