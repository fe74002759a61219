import { Message, MessageFlag, type MessageRing } from '../memory/message-ring.js';
import { formatIpv4 } from '../wire/address.js';
import { MessageInbox } from './message-inbox.js';
import type { RxTimestamps } from './timestamps.js';

/** Where a datagram comes from, and more than node:dgram tells. */
export interface RemoteInfo {
  readonly address: string;
  readonly family: 'IPv4';
  readonly port: number;
  readonly size: number;
  /** The address that it was sent to, and the VID that it came over (0: none). */
  readonly destination: string;
  readonly vid: number;
  readonly isBroadcast: boolean;
  /** When its batch came in, nanoseconds of CLOCK_MONOTONIC. */
  readonly timeNs: number;
  /** When it was where; with `setTimestamping({ rx: true })`. */
  readonly timestamps?: RxTimestamps;
}

/**
 * What `receive` hands each datagram to: `octets` are the socket's own and hold only during the call. `address` is a number; of the times
 * those are 0 that are not known or were not asked for by `setTimestamping`.
 */
export type DatagramVisit = (
  octets: Uint8Array,
  address: number,
  port: number,
  timeNs: number,
  driverNs: number,
  hardwareNs: bigint,
) => void;

/** Received datagrams of one socket. */
export class Inbox extends MessageInbox<RemoteInfo> {
  /** Most datagrams come from where the last one came from. */
  #address = 0;
  #text = '0.0.0.0';
  #destination = 0;
  #destinationText = '0.0.0.0';

  protected override origin(ring: MessageRing, at: number, size: number): RemoteInfo {
    const source = ring.get(at, Message.Address) >>> 0;
    const destination = ring.get(at, Message.Destination) >>> 0;
    if (source !== this.#address) {
      this.#address = source;
      this.#text = formatIpv4(source);
    }
    if (destination !== this.#destination) {
      this.#destination = destination;
      this.#destinationText = formatIpv4(destination);
    }
    return {
      address: this.#text,
      family: 'IPv4',
      port: ring.get(at, Message.Port),
      size,
      destination: this.#destinationText,
      vid: ring.get(at, Message.Vid),
      isBroadcast: (ring.get(at, Message.Flags) & MessageFlag.Broadcast) !== 0,
      timeNs: ring.timeNs(at),
    };
  }
}
