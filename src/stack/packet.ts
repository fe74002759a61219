import type { Arena } from '../memory/arena.js';
import type { Port } from './port.js';

/** The frame under way: a cursor that moves from frame to frame, never one object a frame. Offsets are into its arena. */
export class Packet {
  readonly view: DataView;
  readonly octets: Uint8Array;
  readonly words: Int32Array;
  port: Port | undefined = undefined;
  /** First octet of the frame, and of what follows it. */
  at = 0;
  end = 0;
  queue = 0;
  /** When the driver had it, CLOCK_MONOTONIC in nanoseconds; 0 where nobody asked for times, or it says nothing. Of fragments the last one's. */
  driverNs = 0;
  /** When the NIC had it, by its own clock: nanoseconds, the bits of the low and the high half; otherwise as above. */
  hardwareLow = 0;
  hardwareHigh = 0;
  /** When its batch came in; of what was put together from fragments, the last one's. */
  nowNs = 0;
  /** VID that decides, 0 where the frame has no tag; how many tags. */
  vid = 0;
  tags = 0;
  ethertype = 0;
  /** First octet of the network header, of the transport header, and the end of packet or datagram (padding excluded). */
  l3 = 0;
  l4 = 0;
  packetEnd = 0;
  /** Destination is a broadcast or multicast address. */
  isGroup = false;
  /** Octets to transmit, when the outcome is Reply. */
  replyEnd = 0;

  constructor(arena: Arena) {
    this.view = arena.view;
    this.octets = arena.octets;
    this.words = arena.words;
  }
}
