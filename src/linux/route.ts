// IPv4 routes of the main table: rtnetlink(7), <linux/rtnetlink.h>.
import { dump } from './netlink.js';
import { attributes } from './netlink-message.js';

/** A unicast route through one device; addresses are unsigned numbers in host order. */
export interface KernelRoute {
  ifindex: number;
  network: number;
  /** Prefix length. */
  prefix: number;
  gateway?: number;
  /** Preferred source. */
  source?: number;
  metric: number;
}

const GET_ROUTE = 26;
const AF_INET = 2;
const HEADER_LENGTH = 12;
const RT_TABLE_MAIN = 254;
const RTN_UNICAST = 1;
/** The route is not in use: RTNH_F_DEAD, RTNH_F_LINKDOWN. */
const DOWN = 0x11;
const Attribute = { Destination: 1, Oif: 4, Gateway: 5, Priority: 6, PreferredSource: 7, Table: 15 } as const;

/** Every such route of this network namespace. One of several next hops has no device of its own, and is left out. */
export const kernelRoutes = (): KernelRoute[] =>
  dump(
    'list the IPv4 routes',
    GET_ROUTE,
    Uint8Array.of(AF_INET, ...new Array<number>(11).fill(0)),
    readRoute,
  );

/** The payload of RTM_NEWROUTE between `at` and `end`; nothing if it is another kind of route. */
function readRoute(view: DataView, at: number, end: number): KernelRoute | undefined {
  if (end - at < HEADER_LENGTH || view.getUint8(at) !== AF_INET) return undefined;
  if (view.getUint8(at + 7) !== RTN_UNICAST || (view.getUint32(at + 8, true) & DOWN) !== 0) return undefined;
  const found = attributes(view, at + HEADER_LENGTH, end);
  const ifindex = found.u32(Attribute.Oif);
  if ((found.u32(Attribute.Table) ?? view.getUint8(at + 4)) !== RT_TABLE_MAIN || ifindex === undefined)
    return undefined;
  const gateway = found.be32(Attribute.Gateway);
  const source = found.be32(Attribute.PreferredSource);
  return {
    ifindex,
    network: found.be32(Attribute.Destination) ?? 0,
    prefix: view.getUint8(at + 1),
    ...(gateway === undefined ? {} : { gateway }),
    ...(source === undefined ? {} : { source }),
    metric: found.u32(Attribute.Priority) ?? 0,
  };
}
