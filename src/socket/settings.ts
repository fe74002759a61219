import type { SocketPage } from '../memory/socket-page.js';

/** Options of a UDP socket, which it has whatever worker it is at. */
export class Settings {
  broadcast = false;
  ttl = 64;
  /** PCP of the tag. */
  priority = 0;
  /** Of `MtuDiscovery`. */
  mtuDiscovery = 0;
  /** Of multicasts: TTL, whether they come to members here too, the slot of the port that they leave by (-1: the route's). */
  groupTtl = 1;
  loopsGroups = true;
  groupSlot = -1;
  /** It also gets what others have joined. */
  hearsAllGroups = true;
  /** Octets of the receive buffer; undefined: what it was opened with. */
  receiveLimit: number | undefined;
  /** The same of the send buffer, which is this side's own to keep. */
  sendLimit: number | undefined;

  /** Tells the out-of-band side; without a page that is done when there is one. */
  applyTo(page: SocketPage | undefined): void {
    if (page === undefined) return;
    page.mayBroadcast = this.broadcast;
    page.ttl = this.ttl;
    page.priority = this.priority;
    page.mtuDiscovery = this.mtuDiscovery;
    page.groupTtl = this.groupTtl;
    page.loopsGroups = this.loopsGroups;
    page.groupSlot = this.groupSlot;
    page.hearsAllGroups = this.hearsAllGroups;
    if (this.receiveLimit !== undefined)
      page.receiveLimit = Math.min(this.receiveLimit, page.received.capacity);
  }
}
