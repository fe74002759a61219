import { Message, MessageFlag } from '../memory/message-ring.js';
import { formatIpv4 } from '../wire/address.js';
import type { Channel } from './channel.js';

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
}

/** Datagrams between two looks at anything else. */
const MOST = 64;

/** Received datagrams of one socket on their way to the application. */
export class Inbox {
  readonly #deliver: (message: Buffer, from: RemoteInfo) => void;
  #isScheduled = false;
  /** Most datagrams come from where the last one came from. */
  #address = 0;
  #text = '0.0.0.0';
  #destination = 0;
  #destinationText = '0.0.0.0';

  constructor(deliver: (message: Buffer, from: RemoteInfo) => void) {
    this.#deliver = deliver;
  }

  /** Delivers what is there, then waits for more. `current` is undefined once the channel is closed: then its memory is gone. */
  look(channel: Channel, current: () => Channel | undefined): void {
    for (let n = 0; n < MOST; n++) {
      if (current() !== channel) return;
      const at = channel.received.next();
      if (at < 0) {
        channel.page.waitToReceive();
        // Something may have come in between.
        if (channel.received.used === 0) return;
        continue;
      }
      const [message, from] = this.#take(channel, at);
      this.#deliver(message, from);
    }
    if (current() === channel) this.#later(channel, current, () => this.look(channel, current));
  }

  #later(channel: Channel, current: () => Channel | undefined, act: () => void): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (current() === channel) act();
    });
  }

  /** Has the application take what is there, then waits for more. */
  announce(channel: Channel, current: () => Channel | undefined, tell: () => void): void {
    channel.page.waitToReceive();
    if (channel.received.used === 0) return;
    tell();
    if (current() === channel && channel.received.used !== 0)
      this.#later(channel, current, () => this.announce(channel, current, tell));
  }

  /** Hands out what is there without copies, up to `most`. */
  visit(
    channel: Channel,
    visit: (octets: Uint8Array, address: number, port: number, timeNs: number) => void,
    most: number,
  ): number {
    const ring = channel.received;
    let n = 0;
    for (; n < most && !channel.isClosed; n++) {
      const at = ring.next();
      if (at < 0) break;
      const from = ring.payloadAt(at);
      const octets = ring.octets.subarray(from, from + ring.payload(at));
      visit(octets, ring.get(at, Message.Address) >>> 0, ring.get(at, Message.Port), ring.timeNs(at));
      ring.release();
    }
    return n;
  }

  #take(channel: Channel, at: number): [Buffer, RemoteInfo] {
    const ring = channel.received;
    const from = ring.payloadAt(at);
    const size = ring.payload(at);
    const message = Buffer.allocUnsafe(size);
    message.set(ring.octets.subarray(from, from + size));
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
    const info: RemoteInfo = {
      address: this.#text,
      family: 'IPv4',
      port: ring.get(at, Message.Port),
      size,
      destination: this.#destinationText,
      vid: ring.get(at, Message.Vid),
      isBroadcast: (ring.get(at, Message.Flags) & MessageFlag.Group) !== 0,
      timeNs: ring.timeNs(at),
    };
    ring.release();
    return [message, info];
  }
}
