import { Message, type MessageRing } from '../memory/message-ring.js';
import { formatMac } from '../wire/address.js';
import * as ethernet from '../wire/ethernet.js';
import { MessageInbox } from './message-inbox.js';
import type { RxTimestamps } from './timestamps.js';

/** ARPHRD_ETHER of <linux/if_arp.h>. */
const ETHER = 1;
const PACKET_TYPES = ['host', 'broadcast', 'multicast', 'otherhost'] as const;

/** Whom a frame is to: the device, all hosts, a group, or a host that is not this one. */
export type PacketType = (typeof PACKET_TYPES)[number];

/** Of a received frame, what `struct sockaddr_ll` tells, and more. */
export interface FrameInfo {
  /** The base device, as in EVL: the VLAN is in `vid`. */
  readonly ifname: string;
  readonly ifindex: number;
  /** Ethernet type of what the frame carries. */
  readonly protocol: number;
  /** Type of the hardware: 1, Ethernet. */
  readonly hatype: number;
  readonly packetType: PacketType;
  /** Octets of an address. */
  readonly halen: number;
  /** MAC address that the frame comes from. */
  readonly address: string;
  /** VID and PCP of the tag, which is not in the frame any more: 0 where it had none. */
  readonly vid: number;
  readonly pcp: number;
  readonly size: number;
  /** When its batch came in, nanoseconds of CLOCK_MONOTONIC. */
  readonly timeNs: number;
  /** When it was where; with `setTimestamping({ rx: true })`. */
  readonly timestamps?: RxTimestamps;
}

/**
 * What `receive` hands each frame to: `frame` is the socket's own and holds only during the call. Of the times those are 0 that are not known
 * or were not asked for by `setTimestamping`.
 */
export type FrameVisit = (
  frame: Uint8Array,
  vid: number,
  pcp: number,
  timeNs: number,
  driverNs: number,
  hardwareNs: bigint,
) => void;

/** Received frames of one socket. */
export class FrameInbox extends MessageInbox<FrameInfo> {
  device = { ifname: '', ifindex: 0 };
  /** Most frames come from where the last one came from. */
  #hi = 0;
  #lo = 0;
  #text = '00:00:00:00:00:00';

  protected override origin(ring: MessageRing, at: number, size: number): FrameInfo {
    const frame = ring.payloadAt(at);
    const hi = ethernet.sourceHi(ring.view, frame);
    const lo = ethernet.sourceLo(ring.view, frame);
    if (hi !== this.#hi || lo !== this.#lo) {
      this.#hi = hi;
      this.#lo = lo;
      this.#text = formatMac(hi, lo);
    }
    return {
      ...this.device,
      protocol: ethernet.ethertype(ring.view, frame),
      hatype: ETHER,
      packetType: PACKET_TYPES[ring.get(at, Message.Flags) & 3]!,
      halen: ethernet.ADDRESS_LENGTH,
      address: this.#text,
      vid: ring.get(at, Message.Vid),
      pcp: ring.get(at, Message.Priority),
      size,
      timeNs: ring.timeNs(at),
    };
  }
}
