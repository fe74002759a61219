import type { EvlnetError } from '../errors.js';
import { Errno } from '../linux/libc.js';
import { MAX_PAYLOAD } from '../memory/socket-page.js';
import type { Channel } from './channel.js';
import { cancelled, lost, systemCallError } from './errors.js';
import type { SendCallback } from './send-arguments.js';

interface Waiting {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
  readonly address: number;
  readonly port: number;
  readonly callback: SendCallback | undefined;
}

interface Pending {
  readonly position: number;
  readonly length: number;
  readonly callback: SendCallback;
}

/** Datagrams of one socket that were not sent yet, or whose senders want to know. */
export class Outbox {
  readonly #onError: (error: Error) => void;
  /** No room in the ring: the oldest first. */
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #pending: Pending[] = [];

  /** `onError` is told of what fails without a callback. */
  constructor(onError: (error: Error) => void) {
    this.#onError = onError;
  }

  get count(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#waitingBytes;
  }

  send(channel: Channel, w: Waiting): void {
    if (w.length > MAX_PAYLOAD) {
      this.#tell(w.callback, systemCallError('send', 90), 0);
      return;
    }
    if (this.#waiting.length > 0 || !this.#push(channel, w)) {
      this.#waiting.push(w);
      this.#waitingBytes += w.length;
      channel.page.waitToSend();
    }
    channel.ring();
  }

  /** Looks at what became of what was sent, and sends what had to wait. */
  look(channel: Channel): void {
    const failed = new Map<number, number>();
    channel.page.takeFailures((position, errno) => failed.set(position, errno));
    const { tail } = channel.page.sent;
    const done = this.#pending.filter((p) => ((tail - p.position) | 0) >= 0);
    this.#pending = this.#pending.slice(done.length);
    while (this.#waiting.length > 0 && this.#push(channel, this.#waiting[0]!))
      this.#waitingBytes -= this.#waiting.shift()!.length;
    if (this.#waiting.length > 0 || this.#pending.length > 0) channel.page.waitToSend();
    if (this.#waiting.length > 0 || done.length > 0) channel.ring();
    for (const { position, length, callback } of done) {
      const errno = failed.get(position);
      failed.delete(position);
      if (errno === undefined) callback(null, length);
      else callback(systemCallError('send', errno), 0);
    }
    for (const errno of failed.values()) this.#onError(systemCallError('send', errno));
  }

  /** The ring is gone, and nobody can tell what became of what was in it; what has not been in it yet goes into the next one. */
  lose(): void {
    for (const { callback } of this.#pending.splice(0)) this.#tell(callback, lost(), 0);
  }

  /** Whatever is left will not be sent. */
  cancel(): void {
    for (const { callback } of [...this.#pending.splice(0), ...this.#waiting.splice(0)])
      this.#tell(callback, cancelled(), 0);
    this.#waitingBytes = 0;
  }

  #push(channel: Channel, { parts, length, address, port, callback }: Waiting): boolean {
    // First, so that who sends it meanwhile tells.
    if (callback) channel.page.waitToSend();
    const position = channel.push(parts, length, address, port);
    if (position === undefined) return false;
    if (callback) this.#pending.push({ position, length, callback });
    return true;
  }

  #tell(callback: SendCallback | undefined, error: EvlnetError, octets: number): void {
    process.nextTick(() => {
      if (callback) callback(error, octets);
      else if (error.errno !== Errno.ECANCELED) this.#onError(error);
    });
  }
}
