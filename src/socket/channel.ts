// The application's end of a socket's rings.
import { Socket } from 'node:net';
import { openFifo } from '../linux/fifo.js';
import { close, write } from '../linux/libc.js';
import { mapPresentFile } from '../linux/mapped-file.js';
import { type Mapping, map, unmap } from '../linux/memory.js';
import { BELL_LENGTH, Bell } from '../memory/bell.js';
import { Message, type MessageRing } from '../memory/message-ring.js';
import { SocketPage } from '../memory/socket-page.js';
import type { OpenedSocket } from '../worker/sockets.js';
import { Destinations } from './destinations.js';
import { labelStamp, type Timestamper } from './timestamps.js';

const one = map(4096);

/** What is to be sent: `length` octets in parts. */
export interface Outgoing {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

export class Channel {
  readonly page: SocketPage;
  /** Of datagrams; frames have none. */
  readonly destinations = new Destinations();
  readonly #memory: Mapping;
  readonly #bellMemory: Mapping;
  readonly #bell: Bell;
  readonly #bellFd: number;
  readonly #waiter: Socket;
  #isClosed = false;
  #sendLimit: number;

  /** `onWake` is called when there may be something: received, failed, or room to send. */
  constructor(opened: OpenedSocket, onWake: () => void) {
    this.#memory = mapPresentFile(opened.memory, opened.length);
    this.page = new SocketPage(this.#memory.buffer);
    this.#sendLimit = this.page.sent.capacity;
    this.#bellMemory = mapPresentFile(opened.bell, BELL_LENGTH);
    this.#bell = new Bell(this.#bellMemory.buffer);
    this.#bellFd = openFifo(opened.bellWake);
    this.#waiter = new Socket({
      fd: openFifo(opened.wake),
      writable: false,
      // One buffer for all wakes: what is in it says nothing.
      onread: {
        buffer: Buffer.alloc(64),
        callback() {
          onWake();
          return true;
        },
      },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#waiter.resume();
  }

  get received(): MessageRing {
    return this.page.received;
  }

  /** Octets that may wait to be sent. */
  get sendLimit(): number {
    return this.#sendLimit;
  }

  limitSending(octets = this.page.sent.capacity): void {
    this.#sendLimit = Math.min(octets, this.page.sent.capacity);
  }

  /** Copies it into the send ring, with the words that `label` sets. Its position, or undefined where there is no room. */
  push<T extends Outgoing>(
    outgoing: T,
    label: (ring: MessageRing, at: number, outgoing: T) => void,
  ): number | undefined {
    const ring = this.page.sent;
    const at = this.#claim(outgoing.length);
    if (at < 0) return undefined;
    ring.set(at, Message.Payload, outgoing.length);
    label(ring, at, outgoing);
    let to = ring.payloadAt(at);
    for (const part of outgoing.parts) {
      ring.octets.set(part, to);
      to += part.length;
    }
    ring.publish();
    this.#note(at);
    return ring.head;
  }

  /** The same of one datagram, without an object for it; false where there is no room. */
  put(octets: Uint8Array, address: number, port: number, stamper: Timestamper): boolean {
    const ring = this.page.sent;
    const at = this.#claim(octets.length);
    if (at < 0) return false;
    ring.set(at, Message.Payload, octets.length);
    ring.set(at, Message.Address, address);
    ring.set(at, Message.Port, port);
    labelStamp(ring, at, 0, stamper.send());
    ring.octets.set(octets, ring.payloadAt(at));
    ring.publish();
    this.#note(at);
    return true;
  }

  #note(at: number): void {
    const { sent } = this.page;
    this.destinations.note(sent.head, sent.get(at, Message.Address), sent.get(at, Message.Port));
  }

  #claim(octets: number): number {
    const { sent } = this.page;
    // Linux takes a datagram that is longer than SO_SNDBUF, too, when nothing else waits.
    const isFree = this.#sendLimit === sent.capacity || sent.used === 0;
    return sent.claim(octets, isFree ? sent.capacity : this.#sendLimit);
  }

  /** Tells the out-of-band side of what was pushed. */
  ring(): void {
    if (this.#bell.ring()) write(this.#bellFd, one.address, 1);
  }

  ref(): void {
    this.#waiter.ref();
  }

  unref(): void {
    this.#waiter.unref();
  }

  /** The page must not be touched again, but by who is at work with it: the application may close from within `receive`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiter.destroy();
    setImmediate(() => {
      close(this.#bellFd);
      unmap(this.#bellMemory);
      unmap(this.#memory);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }
}
