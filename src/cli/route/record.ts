import type { PortRoute } from '../../worker/routes.js';
import type { Way } from '../../worker/way.js';
import { dotted } from '../dotted.js';
import type { NeighbourRecord } from '../neighbour/record.js';

/** A route of a port, as `ip -j route` has it. */
export interface RouteRecord {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
  /** On the link; absent with a gateway. */
  readonly scope?: 'link';
  /** Absent where the port has no address. */
  readonly prefsrc?: string;
  readonly metric?: number;
}

/** The way to one host, as `ip -j route get` has it, and the neighbour that packets go to. */
export interface WayRecord {
  readonly type?: 'broadcast' | 'multicast';
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
  readonly prefsrc: string;
  readonly mtu: number;
  /** Absent for a group, and while nobody has asked for it. */
  readonly neighbour?: Omit<NeighbourRecord, 'dev'>;
}

export const routeRecord = ({
  ifname,
  network,
  prefix,
  gateway,
  source,
  metric,
}: PortRoute): RouteRecord => ({
  dst: prefix === 0 ? 'default' : prefix === 32 ? dotted(network) : `${dotted(network)}/${prefix}`,
  ...(gateway === 0 ? {} : { gateway: dotted(gateway) }),
  dev: ifname,
  ...(gateway === 0 ? { scope: 'link' as const } : {}),
  ...(source === 0 ? {} : { prefsrc: dotted(source) }),
  ...(metric === 0 ? {} : { metric }),
});

export function wayRecord(way: Way, neighbour: NeighbourRecord | undefined): WayRecord {
  const { dev: _, ...known } = neighbour ?? { dev: '' };
  return {
    ...(way.kind === 'unicast' ? {} : { type: way.kind }),
    dst: dotted(way.destination),
    ...(way.hasGateway ? { gateway: dotted(way.nextHop) } : {}),
    dev: way.ifname,
    prefsrc: dotted(way.source),
    mtu: way.mtu,
    ...(neighbour === undefined ? {} : { neighbour: known as Omit<NeighbourRecord, 'dev'> }),
  };
}
