import type { MessageRing } from '../memory/message-ring.js';
import type { Channel } from './channel.js';
import type { RxTimestamps, Timestamper } from './timestamps.js';

/** Messages between two looks at anything else. */
const MOST = 64;

/** What was received for one socket on its way to the application. */
export abstract class MessageInbox<Origin extends { readonly timestamps?: RxTimestamps }> {
  readonly #deliver: (message: Buffer, from: Origin) => void;
  /** Readers that have enough for now. */
  #holds = 0;

  constructor(
    readonly stamper: Timestamper,
    deliver: (message: Buffer, from: Origin) => void,
  ) {
    this.#deliver = deliver;
  }

  /** What is told beside the `size` octets of the record at `at`. */
  protected abstract origin(ring: MessageRing, at: number, size: number): Origin;

  /** Nothing is delivered until as many `release` it: it stays in the receive buffer. */
  hold(): void {
    this.#holds++;
  }

  /** Who does it has the channel looked at again. */
  release(): void {
    this.#holds--;
  }

  /** Delivers what is there, then waits for more; true where it is to be called again. `current` is undefined once the channel is closed: then its memory is gone. */
  look(channel: Channel, current: () => Channel | undefined): boolean {
    for (let n = 0; n < MOST; n++) {
      if (current() !== channel || this.#holds > 0) return false;
      const at = channel.received.next();
      if (at < 0) {
        channel.page.waitToReceive();
        // Something may have come in between.
        if (channel.received.used === 0) return false;
        continue;
      }
      const [message, from] = this.#take(channel, at);
      this.#deliver(message, from);
    }
    return current() === channel && this.#holds === 0;
  }

  /** Has the application take what is there, then waits for more; true where it is to be told again. */
  announce(channel: Channel, current: () => Channel | undefined, tell: () => void): boolean {
    channel.page.waitToReceive();
    if (channel.received.used === 0) return false;
    tell();
    return current() === channel && channel.received.used !== 0;
  }

  /** Hands out what is there without copies, up to `most`. */
  visit(
    channel: Channel,
    visit: (octets: Uint8Array, ring: MessageRing, at: number) => void,
    most: number,
  ): number {
    const ring = channel.received;
    let n = 0;
    for (; n < most && !channel.isClosed; n++) {
      const at = ring.next();
      if (at < 0) break;
      const from = ring.payloadAt(at);
      if (this.stamper.rx) this.stamper.take(channel.page, at);
      try {
        visit(ring.octets.subarray(from, from + ring.payload(at)), ring, at);
      } finally {
        ring.release();
      }
    }
    return n;
  }

  #take({ page, received: ring }: Channel, at: number): [Buffer, Origin] {
    const timestamps = this.stamper.rx ? this.stamper.take(page, at) : undefined;
    const from = ring.payloadAt(at);
    const size = ring.payload(at);
    const message = Buffer.allocUnsafe(size);
    message.set(ring.octets.subarray(from, from + size));
    const origin = this.origin(ring, at, size);
    ring.release();
    return [message, timestamps === undefined ? origin : { ...origin, timestamps }];
  }
}
