// Routes of ports: on a device of the kernel's they are the kernel's, on an evlnet VLAN port what its address implies.
import type { Address, Link } from '../linux/link.js';
import type { KernelRoute } from '../linux/route.js';
import type { RouteConfig } from '../stack/route.js';
import { placePort } from '../state/place.js';
import type { PortState, StateDocument } from '../state/schema.js';
import { network, parsePrefix } from '../wire/address.js';

/** The kernel's tables at one moment. */
export interface NetworkTables {
  readonly links: readonly Link[];
  readonly addresses: readonly Address[];
  readonly routes: readonly KernelRoute[];
}

/** A route, and the port that it leaves by. */
export interface PortRoute extends RouteConfig {
  readonly ifname: string;
  /** Base device of the port. */
  readonly base: string;
  readonly vid: number | undefined;
}

interface OwnAddress {
  readonly address: number;
  readonly prefix: number;
}

/** Of a port: the kernel's where it has the device. */
export function addressesOf(
  kernel: Link | undefined,
  entry: PortState,
  addresses: readonly Address[],
): OwnAddress[] {
  if (kernel !== undefined)
    return addresses
      .filter((a) => a.ifindex === kernel.ifindex)
      .map(({ address, prefix }) => ({ address, prefix }));
  if (entry.address === undefined) return [];
  const { address, length } = parsePrefix(entry.address);
  return [{ address, prefix: length }];
}

/** `own`: what addressesOf says. */
export function routesOf(
  kernel: Link | undefined,
  own: readonly OwnAddress[],
  routes: readonly KernelRoute[],
): RouteConfig[] {
  if (kernel === undefined)
    return own.map(({ address, prefix }) => ({
      network: network(address, prefix),
      prefix,
      gateway: 0,
      source: address,
      metric: 0,
    }));
  const sourceFor = (address: number) =>
    (own.find((o) => network(o.address, o.prefix) === network(address, o.prefix)) ?? own[0])?.address ?? 0;
  return routes
    .filter((r) => r.ifindex === kernel.ifindex)
    .map((r) => ({
      network: r.network,
      prefix: r.prefix,
      gateway: r.gateway ?? 0,
      source: r.source ?? sourceFor(r.gateway ?? r.network),
      metric: r.metric,
    }));
}

/** Every route of every port, in the order in which they are tried. */
export function portRoutes(state: StateDocument, tables: NetworkTables): PortRoute[] {
  return Object.entries(state.ports)
    .flatMap(([ifname, entry]) => {
      const { base, vid, kernel } = placePort(ifname, entry, tables.links);
      const own = addressesOf(kernel, entry, tables.addresses);
      return routesOf(kernel, own, tables.routes).map((r) => ({ ifname, base, vid, ...r }));
    })
    .sort((a, b) => b.prefix - a.prefix || a.metric - b.metric);
}
