// RFC 1122 §3.3.1: which port a packet leaves by, and to whom: the longest prefix wins, then the lowest metric.
import { netmask } from '../wire/address.js';
import type { Port } from './port.js';

/** What `worker` makes of addresses and of the kernel's table. Addresses are host-order numbers. */
export interface RouteConfig {
  readonly network: number;
  readonly prefix: number;
  /** 0: the destination is on the link. */
  readonly gateway: number;
  /** Of packets that have none yet. */
  readonly source: number;
  readonly metric: number;
}

export interface Route extends RouteConfig {
  readonly port: Port;
}

export class RouteTable {
  /** One more at every change: what was looked up before may be wrong now. */
  generation = 0;
  /** The port of all routes, where there is but one. */
  only: Port | undefined = undefined;
  #routes: readonly Route[] = [];
  #masks = new Uint32Array(0);
  #networks = new Uint32Array(0);

  /** All routes, in place of those before. */
  set(routes: readonly Route[]): void {
    this.#routes = [...routes].sort((a, b) => b.prefix - a.prefix || a.metric - b.metric);
    this.#masks = Uint32Array.from(this.#routes, (r) => netmask(r.prefix));
    this.#networks = Uint32Array.from(this.#routes, (r) => r.network);
    const [first] = routes;
    this.only = first !== undefined && routes.every((r) => r.port === first.port) ? first.port : undefined;
    this.generation++;
  }

  /** The port that has this address. */
  owner(address: number): Port | undefined {
    const routes = this.#routes;
    for (let i = 0; i < routes.length; i++) if (routes[i]!.port.owns(address)) return routes[i]!.port;
    return undefined;
  }

  /** All that lead to `destination`, the best first, in words: the same words are the same ways. */
  waysTo(destination: number): string {
    const leads = (r: Route) => (destination & netmask(r.prefix)) >>> 0 === r.network;
    const words = ({ port, network, prefix, gateway, source, metric }: Route) =>
      [port.slot, network, prefix, gateway, source, metric].join(' ');
    return this.#routes.filter(leads).map(words).join();
  }

  /** The route to `destination`; with `port`, of those through it. */
  find(destination: number, port?: Port): Route | undefined {
    const routes = this.#routes;
    for (let i = 0; i < routes.length; i++) {
      if ((destination & this.#masks[i]!) >>> 0 !== this.#networks[i]!) continue;
      if (port === undefined || routes[i]!.port === port) return routes[i];
    }
    return undefined;
  }
}
