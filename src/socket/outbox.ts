import type { EvlnetError } from '../errors.js';
import { Errno } from '../linux/libc.js';
import type { MessageRing } from '../memory/message-ring.js';
import { MAX_PAYLOAD } from '../memory/socket-page.js';
import type { Channel, Outgoing } from './channel.js';
import type { Destination } from './destinations.js';
import { cancelled, lost } from './errors.js';
import { Queue } from './queue.js';
import type { SendCallback } from './send-arguments.js';

interface Waiting extends Outgoing {
  readonly callback: SendCallback | undefined;
}

/** What there is to know of what a kind of socket sends. */
export interface Sending<T extends Waiting> {
  /** Sets the words of its record. */
  label(ring: MessageRing, at: number, outgoing: T): void;
  /** What a system call would have failed with; what was sent is known of what has a callback, otherwise where it was to go. */
  errorOf(errno: number, outgoing?: T | Destination): EvlnetError;
  /** Is told of what fails without a callback. */
  onError(error: Error): void;
}

interface Pending<T> {
  readonly position: number;
  readonly outgoing: T;
  readonly callback: SendCallback;
}

/** What became of it; without a callback only what failed. */
interface Done<T> {
  readonly errno: number | undefined;
  readonly outgoing: T | undefined;
  readonly to?: Destination | undefined;
  readonly callback: SendCallback | undefined;
}

/** What one socket did not send yet, or whose sender wants to know of it. */
export class Outbox<T extends Waiting> {
  readonly #sending: Sending<T>;
  /** No room in the ring: the oldest first. */
  readonly #waiting = new Queue<T>();
  #waitingBytes = 0;
  readonly #pending = new Queue<Pending<T>>();
  /** Not told yet: a callback may throw, and those after it are told in the next look. */
  readonly #done = new Queue<Done<T>>();

  constructor(sending: Sending<T>) {
    this.#sending = sending;
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** Something waits for room, or its sender for what becomes of it. */
  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#pending.length > 0;
  }

  get bytes(): number {
    return this.#waitingBytes;
  }

  send(channel: Channel, w: T): void {
    if (w.length > MAX_PAYLOAD) {
      this.#tell(w.callback, this.#sending.errorOf(Errno.EMSGSIZE, w), 0);
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
    // First: who sends the last of it from now on tells, what was sent before is seen below.
    if (this.#waiting.length > 0 || this.#pending.length > 0) channel.page.waitToSend();
    const hasFailed = this.#collect(channel);
    for (let w = this.#waiting.first; w !== undefined && this.#push(channel, w); w = this.#waiting.first) {
      this.#waiting.shift();
      this.#waitingBytes -= w.length;
    }
    if (this.#waiting.length > 0 || this.#done.length > 0 || hasFailed) channel.ring();
    for (let d = this.#done.shift(); d !== undefined; d = this.#done.shift()) this.#finish(d);
  }

  /** The ring is gone, and nobody can tell what became of what was in it; what has not been in it yet goes into the next one. */
  lose(): void {
    for (const { callback } of this.#pending.empty()) this.#tell(callback, lost(), 0);
  }

  /** The socket closes. What is in the ring is sent, as the worker does first; what waits for room is not. */
  cancel(channel: Channel | undefined): void {
    if (channel !== undefined) this.#collect(channel);
    for (const { outgoing, callback } of this.#pending.empty())
      this.#done.push({ errno: undefined, outgoing, callback });
    for (const done of this.#done.empty()) if (done.callback) process.nextTick(() => this.#finish(done));
    for (const { callback } of this.#waiting.empty()) this.#tell(callback, cancelled(), 0);
    this.#waitingBytes = 0;
  }

  /** What became of what was sent, to be told. True where anything failed. */
  #collect({ page, destinations }: Channel): boolean {
    // Before the failures: of what is gone by now they are there.
    let end = page.sent.tail;
    const failed = new Map<number, number>();
    const hasFailed = page.takeFailures((position, errno) => {
      failed.set(position, errno);
      if (((position - end) | 0) > 0) end = position;
    });
    for (
      let p = this.#pending.first;
      p !== undefined && ((end - p.position) | 0) >= 0;
      p = this.#pending.first
    ) {
      this.#pending.shift();
      this.#done.push({ errno: failed.get(p.position), outgoing: p.outgoing, callback: p.callback });
      failed.delete(p.position);
    }
    for (const [position, errno] of failed)
      this.#done.push({ errno, outgoing: undefined, to: destinations.of(position), callback: undefined });
    return hasFailed;
  }

  #push(channel: Channel, outgoing: T): boolean {
    const { callback } = outgoing;
    // First, so that who sends it meanwhile tells.
    if (callback) channel.page.waitToSend();
    const position = channel.push(outgoing, this.#sending.label);
    if (position === undefined) return false;
    if (callback) this.#pending.push({ position, outgoing, callback });
    return true;
  }

  #finish({ errno, outgoing, to, callback }: Done<T>): void {
    if (errno === undefined) callback?.(null, outgoing!.length);
    else if (callback) callback(this.#sending.errorOf(errno, outgoing), 0);
    else this.#sending.onError(this.#sending.errorOf(errno, to));
  }

  #tell(callback: SendCallback | undefined, error: EvlnetError, octets: number): void {
    process.nextTick(() => {
      if (callback) callback(error, octets);
      else if (error.code !== 'ECANCELED') this.#sending.onError(error);
    });
  }
}
