import { DROP_COUNT, Drop } from '../drop.js';
import type { Arena } from '../memory/arena.js';
import type { Packet } from '../stack/packet.js';
import type { Port } from '../stack/port.js';
import { type IcmpService, Outcome, type PacketService, type UdpService } from '../stack/service.js';
import { HEADER_LENGTH } from '../wire/udp.js';

const { Reply, Done, Pass } = Outcome;

/**
 * A service of a user's own, so that it can do the stack no harm: what it throws or answers wrongly stops it. The frame that it failed on is
 * dropped as `service-failed`; later ones go their way as if it were not there.
 */
export class GuardedService implements UdpService, IcmpService, PacketService {
  readonly name: string;
  readonly udpPort: number;
  /** Slots of its ports. */
  slots: readonly number[] = [];
  #isStopped = false;
  // The packet as it was handed to the service.
  #at = 0;
  #end = 0;
  #l3 = 0;
  #l4 = 0;
  #packetEnd = 0;

  constructor(
    readonly own: UdpService | IcmpService | PacketService,
    /** The device's: replies may grow in it, to the end of their chunk and the port's MTU. */
    readonly arena: Arena,
    readonly onFailure: (error: unknown) => void,
  ) {
    this.name = own.name;
    this.udpPort = 'udpPort' in own ? own.udpPort : 0;
  }

  datagram(p: Packet): number {
    if (this.#isStopped) return Pass;
    this.#note(p);
    try {
      const outcome = (this.own as UdpService).datagram(p);
      if (outcome === Reply && (p.at !== this.#at || p.l3 !== this.#l3 || p.l4 !== this.#l4))
        return this.#fail(p, new RangeError('it moved the headers of the reply'));
      if (outcome === Reply && p.packetEnd < this.#l4 + HEADER_LENGTH)
        return this.#fail(p, new RangeError('its reply ends before its payload'));
      return this.#judge(p, outcome, p.packetEnd);
    } catch (error) {
      return this.#fail(p, error);
    }
  }

  message(p: Packet, port: Port): number {
    if (this.#isStopped || !this.slots.includes(port.slot)) return Pass;
    this.#note(p);
    try {
      return this.#judge(p, (this.own as IcmpService).message(p, port), p.replyEnd);
    } catch (error) {
      return this.#fail(p, error);
    }
  }

  frame(p: Packet): number {
    if (this.#isStopped) return Pass;
    this.#note(p);
    try {
      return this.#judge(p, (this.own as PacketService).frame(p), p.replyEnd);
    } catch (error) {
      return this.#fail(p, error);
    }
  }

  #note(p: Packet): void {
    this.#at = p.at;
    this.#end = p.end;
    this.#l3 = p.l3;
    this.#l4 = p.l4;
    this.#packetEnd = p.packetEnd;
  }

  /** `end`: of a reply. */
  #judge(p: Packet, outcome: number, end: number): number {
    if (outcome === Reply)
      return this.#fits(p, end) ? Reply : this.#fail(p, new RangeError('its reply does not fit'));
    this.#restore(p);
    if (outcome === Done || outcome === Pass) return outcome;
    if (Number.isInteger(outcome) && outcome > 0 && outcome < DROP_COUNT) return outcome;
    return this.#fail(p, new TypeError(`it returned ${String(outcome)}, which is no Outcome`));
  }

  #fits(p: Packet, end: number): boolean {
    const { view, chunkSize } = this.arena;
    // What was put together of fragments lies elsewhere, and cannot grow.
    const limit =
      p.view === view
        ? Math.min((this.#at & -chunkSize) + chunkSize, this.#l3 + (p.port?.mtu ?? 0))
        : this.#packetEnd;
    return Number.isInteger(end) && p.at >= this.#at && end > p.at && end <= limit;
  }

  /** Whose chunk it is must still be known when it goes back. */
  #restore(p: Packet): void {
    p.at = this.#at;
    p.end = this.#end;
    p.l3 = this.#l3;
    p.l4 = this.#l4;
    p.packetEnd = this.#packetEnd;
  }

  #fail(p: Packet, error: unknown): number {
    this.#isStopped = true;
    this.#restore(p);
    this.onFailure(error);
    return Drop.ServiceFailed;
  }
}
