import { EvlnetError } from '../errors.js';
import { Errno } from '../linux/libc.js';
import type { Joined } from '../stack/udp-endpoint.js';
import { formatIpv4, isMulticast } from '../wire/address.js';
import type { PortSetup } from './shared.js';

/** Of one socket: net.ipv4.igmp_max_memberships. */
export const MAX_MEMBERSHIPS = 20;

/** Throws as IP_ADD_MEMBERSHIP fails for a socket that has joined `present` already. */
export function demandJoinable(wish: Joined, present: readonly Joined[], ports: readonly PortSetup[]): void {
  const { slot, group } = wish;
  if (!isMulticast(group))
    throw joinError('EINVAL', group, 'not a group', 'groups are 224.0.0.0 to 239.255.255.255');
  if (!ports.some((p) => p.vid === slot))
    throw joinError('ENODEV', group, 'no such port', 'evlnet port show');
  if (indexOf(wish, present) >= 0) throw joinError('EADDRINUSE', group, 'the socket has joined it already');
  if (present.length >= MAX_MEMBERSHIPS)
    throw joinError('ENOBUFS', group, `a socket joins ${MAX_MEMBERSHIPS} groups at most`);
}

export const indexOf = ({ slot, group }: Joined, all: readonly Joined[]): number =>
  all.findIndex((j) => j.slot === slot && j.group === group);

const joinError = (
  code: 'EINVAL' | 'ENODEV' | 'EADDRINUSE' | 'ENOBUFS',
  group: number,
  reason: string,
  hint?: string,
) =>
  new EvlnetError(code, `Cannot join ${formatIpv4(group >>> 0)}: ${reason} (${code})`, {
    errno: Errno[code],
    ...(hint === undefined ? {} : { hint }),
  });
