// Which way the out-of-band stack sends to a host, from configuration and the kernel's tables: the same whether a worker runs or not.
import type { Link } from '../linux/link.js';
import { findPath, Path, Refusal } from '../stack/path.js';
import { Port } from '../stack/port.js';
import { RouteTable } from '../stack/route.js';
import { placePort } from '../state/place.js';
import type { StateDocument } from '../state/schema.js';
import { isMulticast } from '../wire/address.js';
import { addressesOf, type NetworkTables, portRoutes } from './routes.js';

export { Refusal };

/** Without an address to show it by. */
const ETHERNET_MTU = 1500;

/** Addresses are unsigned numbers in host order. */
export interface Way {
  readonly ifname: string;
  readonly base: string;
  readonly vid: number | undefined;
  /** Undefined for an evlnet VLAN port. */
  readonly kernel: Link | undefined;
  readonly destination: number;
  readonly source: number;
  /** The gateway, or the destination itself. */
  readonly nextHop: number;
  readonly hasGateway: boolean;
  readonly kind: 'unicast' | 'broadcast' | 'multicast';
  /** Octets of the longest packet. */
  readonly mtu: number;
}

export class Ways {
  readonly #routes = new RouteTable();
  readonly #ports = new Map<string, Port>();
  readonly #path = new Path();

  /** `mayRoute`: through gateways too. */
  constructor(
    readonly state: StateDocument,
    readonly tables: NetworkTables,
    { mayRoute = true } = {},
  ) {
    for (const ifname of Object.keys(state.ports)) this.#ports.set(ifname, this.#portOf(ifname));
    this.#routes.set(
      portRoutes(state, tables)
        .filter((r) => mayRoute || r.gateway === 0)
        .map((r) => ({ ...r, port: this.#ports.get(r.ifname)! })),
    );
  }

  /** The way to `destination`, through the port `ifname` if given, or why there is none. */
  find(destination: number, ifname?: string): Way | Refusal {
    const path = this.#path;
    const bound = ifname === undefined ? undefined : this.#ports.get(ifname);
    const refused = findPath(path, this.#routes, Number.POSITIVE_INFINITY, destination, bound);
    if (refused !== Refusal.None) return refused;
    const { source, nextHop, hasGateway, isGroup, mtu } = path;
    const name = path.port.config.ifname;
    const kind = !isGroup ? 'unicast' : isMulticast(destination) ? 'multicast' : 'broadcast';
    return { ifname: name, ...this.#placeOf(name), destination, source, nextHop, hasGateway, kind, mtu };
  }

  #placeOf(ifname: string) {
    return placePort(ifname, this.state.ports[ifname]!, this.tables.links);
  }

  #portOf(ifname: string): Port {
    const { base, vid, kernel } = this.#placeOf(ifname);
    const device = kernel ?? this.tables.links.find((l) => l.ifname === base);
    return new Port({
      ifname,
      vid: vid ?? 0,
      macHi: 0,
      macLo: 0,
      mtu: device?.mtu ?? ETHERNET_MTU,
      addresses: addressesOf(kernel, this.state.ports[ifname]!, this.tables.addresses),
      ownsArp: vid !== undefined && kernel === undefined,
      icmpErrors: false,
    });
  }
}
