import type { SocketPage } from '../memory/socket-page.js';
import { Endpoint } from './endpoint.js';
import { Path } from './path.js';
import type { Port } from './port.js';

/** Addresses and ports of a socket; 0 is any. */
export interface UdpBinding {
  readonly address: number;
  readonly udpPort: number;
  /** Slot of the port that it is bound to, -1 for all. */
  readonly slot: number;
  readonly peerAddress: number;
  readonly peerPort: number;
}

/** A group that a socket has joined, on the port of that slot. */
export interface Joined {
  readonly slot: number;
  readonly group: number;
}

/** The out-of-band end of a UDP socket. */
export class UdpEndpoint extends Endpoint {
  /** The next one of the same bucket. */
  next: UdpEndpoint | undefined = undefined;
  /** Where the last datagram went, which is where the next one will most probably go. */
  readonly path = new Path();
  /** What the socket had said of the port for multicasts when the path was found. */
  pathGroupSlot = -1;
  readonly joined: Joined[] = [];

  constructor(
    page: SocketPage,
    public binding: UdpBinding,
  ) {
    super(page);
  }

  /**
   * Of several sockets that a datagram fits, the one bound most closely gets it: compute_score() of net/ipv4/udp.c. EVL gives it to the
   * newest whatever that is bound to; a socket for all would then starve a connected one.
   */
  get rank(): number {
    const { address, slot, peerPort } = this.binding;
    return (address === 0 ? 0 : 4) + (peerPort === 0 ? 0 : 2) + (slot < 0 ? 0 : 1);
  }

  /** ip_mc_sf_allow() of net/ipv4/igmp.c, without sources: what the socket itself has joined, or (IP_MULTICAST_ALL) somebody on this host. */
  hears(slot: number, group: number): boolean {
    if (this.page.hearsAllGroups) return true;
    const { joined } = this;
    for (let i = 0; i < joined.length; i++)
      if (joined[i]!.group === group && joined[i]!.slot === slot) return true;
    return false;
  }

  fits(port: Port, source: number, sourcePort: number, destination: number, udpPort: number): boolean {
    const b = this.binding;
    return (
      b.udpPort === udpPort &&
      (b.address === 0 || b.address === destination) &&
      (b.peerPort === 0 || (b.peerPort === sourcePort && b.peerAddress === source)) &&
      (b.slot < 0 || b.slot === port.slot)
    );
  }
}
