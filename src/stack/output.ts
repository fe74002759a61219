// Packets of one's own on their way out: path, neighbour, frame. For groups RFC 1112 §6.4 and RFC 919.
import { Drop } from '../drop.js';
import type { Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SlotCounter } from '../memory/counters.js';
import { isMulticast } from '../wire/address.js';
import * as ethernet from '../wire/ethernet.js';
import * as vlan from '../wire/vlan.js';
import type { Neighbours } from './neighbour.js';
import { findPath, type Path, Refusal } from './path.js';
import { PathMtus } from './path-mtus.js';
import type { Port } from './port.js';
import type { Route, RouteTable } from './route.js';
import type { Transmitter } from './transmitter.js';

const MULTICAST_HI = 0x0100;
const MULTICAST_LO = 0x5e00_0000;
const MULTICAST_MASK = 0x007f_ffff;

export class Output {
  readonly pathMtus: PathMtus;
  readonly #counts: Float64Array;

  constructor(
    readonly device: Transmitter,
    counters: Counters,
    readonly routes: RouteTable,
    readonly neighbours: Neighbours,
  ) {
    this.pathMtus = new PathMtus(routes);
    this.#counts = counters.slots;
  }

  /**
   * All routes, in place of those before. What routers said of a path holds on where the routes that lead there are what they were; by another one
   * the path may be another, as on Linux.
   */
  setRoutes(routes: readonly Route[]): void {
    const { pathMtus } = this;
    const before = new Map(pathMtus.destinations.map((d) => [d, this.routes.waysTo(d)]));
    this.routes.set(routes);
    pathMtus.keep((destination) => this.routes.waysTo(destination) === before.get(destination));
  }

  /** The way to `destination`, through `bound` if given. What it refuses leaves `path` as it was. */
  find(path: Path, destination: number, bound?: Port): Refusal {
    const refused = findPath(path, this.routes, this.device.capabilities.maxFrame, destination, bound);
    if (refused !== Refusal.None || path.isGroup) return refused;
    const said = this.pathMtus.find(destination);
    if (said !== 0 && said < path.mtu) path.mtu = said;
    return refused;
  }

  /** Lends up to `count` buffers: pushes onto `batch`. In each the packet is to be written from `at + path.headerLength` on. */
  reserve(path: Path, batch: Batch, count: number): number {
    const lent = this.device.reserve(batch, count);
    if (lent < count) this.#counts[path.port.slot * SLOT_STRIDE + Drop.NoBuffer]! += 1;
    return lent;
  }

  /**
   * Sends frames whose `length` counts from `at` to the end of their packet, with priority `pcp` in their tag (0 to 7). They go to the
   * device now, or when the neighbour has answered; they are ended and `batch` is empty in any case. 0, or why they are dropped, which is counted.
   */
  send(path: Path, batch: Batch, pcp: number, nowNs: number): Drop {
    const { view } = this.device.arena;
    const { port } = path;
    for (let n = 0; n < batch.count; n++) {
      const at = batch.at[n]!;
      ethernet.setSource(view, at, port.macHi, port.macLo);
      if (port.slot !== 0) vlan.write(view, at + 12, vlan.TPID_CUSTOMER, vlan.makeTci(port.slot, pcp));
      ethernet.setEthertype(view, at + path.headerLength - ethernet.HEADER_LENGTH, ethernet.EtherType.Ipv4);
    }
    if (!path.isGroup) return this.neighbours.transmit(port, path.nextHop, batch, nowNs);
    const isMany = isMulticast(path.destination);
    const hi = isMany ? MULTICAST_HI : ethernet.BROADCAST_HI;
    const lo = isMany ? (MULTICAST_LO | (path.destination & MULTICAST_MASK)) >>> 0 : ethernet.BROADCAST_LO;
    const slot = port.slot * SLOT_STRIDE;
    for (let n = 0; n < batch.count; n++) {
      ethernet.setDestination(view, batch.at[n]!, hi, lo);
      this.#counts[slot + SlotCounter.TxBytes]! += batch.length[n]!;
    }
    this.#counts[slot + SlotCounter.TxPackets]! += batch.count;
    this.device.transmit(batch);
    return Drop.None;
  }
}
