// The way to one destination: route and source address (RFC 1122 §3.3.1, §3.3.4.3), next hop.
import { isMulticast } from '../wire/address.js';
import * as ethernet from '../wire/ethernet.js';
import * as vlan from '../wire/vlan.js';
import { type Port, Standing } from './port.js';
import type { RouteTable } from './route.js';

/** Why there is no way to a destination. */
export const Refusal = {
  None: 0,
  /** ENETUNREACH */
  NoRoute: 1,
  /** EADDRNOTAVAIL: the port has no address. */
  NoSource: 2,
  /** EINVAL: 0.0.0.0, a loopback address, or one of our own: it would have to turn round inside. */
  NotOnLink: 3,
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** The way to one destination: `findPath` fills it in. It may be kept while `generation` is that of the routes. */
export class Path {
  port!: Port;
  destination = 0;
  /** Address that packets come from, unless the sender is bound to another. */
  source = 0;
  /** The gateway, or the destination itself. */
  nextHop = 0;
  hasGateway = false;
  /** The destination is a broadcast or multicast address: there is no neighbour to ask for. */
  isGroup = false;
  /** Octets of a frame in front of the packet. */
  headerLength = 0;
  /** Octets of the longest packet. */
  mtu = 0;
  /** The same as far as the port knows, whatever routers said. */
  linkMtu = 0;
  generation = -1;
}

/** The way to `destination`, through `bound` if given, on a device of `maxFrame` octets. What it refuses leaves `path` as it was. */
export function findPath(
  path: Path,
  routes: RouteTable,
  maxFrame: number,
  destination: number,
  bound?: Port,
): Refusal {
  if (destination === 0 || destination >>> 24 === 127) return Refusal.NotOnLink;
  const route = routes.find(destination, bound);
  const isLimited = destination === 0xffff_ffff || isMulticast(destination);
  // Where there is one port only, nobody needs a route to know it; Linux says ENETUNREACH.
  const port = isLimited ? (bound ?? route?.port ?? routes.only) : route?.port;
  if (port === undefined) return Refusal.NoRoute;
  const isUnrouted = bound !== undefined || route === undefined;
  const source = isLimited && isUnrouted ? (port.addresses[0] ?? 0) : (route?.source ?? 0);
  if (source === 0) return Refusal.NoSource;
  const standing = port.judge(0, destination);
  if (standing === Standing.Local) return Refusal.NotOnLink;
  path.port = port;
  path.destination = destination;
  path.source = source;
  path.isGroup = standing === Standing.Group;
  path.hasGateway = !path.isGroup && route !== undefined && route.gateway !== 0;
  path.nextHop = path.hasGateway ? route!.gateway : destination;
  path.headerLength = ethernet.HEADER_LENGTH + (port.slot === 0 ? 0 : vlan.TAG_LENGTH);
  path.mtu = Math.min(port.mtu, maxFrame - path.headerLength);
  path.linkMtu = path.mtu;
  path.generation = routes.generation;
  return Refusal.None;
}
