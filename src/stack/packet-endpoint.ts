import type { SocketPage } from '../memory/socket-page.js';
import { Endpoint } from './endpoint.js';

/** ETH_P_ALL of <linux/if_ether.h>: every Ethernet type. */
export const ALL_TYPES = 0x0003;

/** What a packet socket is bound to. */
export interface PacketBinding {
  /** Ethernet type, or ALL_TYPES; 0: it captures nothing. */
  readonly ethertype: number;
  /** Slot of the port, -1 for whatever the device takes. */
  readonly slot: number;
}

/** The out-of-band end of a packet socket. */
export class PacketEndpoint extends Endpoint {
  constructor(
    page: SocketPage,
    public binding: PacketBinding,
  ) {
    super(page);
  }

  fits(slot: number): boolean {
    const bound = this.binding.slot;
    return bound < 0 || bound === slot;
  }
}
