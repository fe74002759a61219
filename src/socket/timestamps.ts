// SO_TIMESTAMPING: when a datagram or frame was where, as its socket asked to know.
import { nowNs } from '../linux/clock.js';
import { record } from '../memory/histogram.js';
import { Message, MessageFlag, type MessageRing } from '../memory/message-ring.js';
import type { SocketPage } from '../memory/socket-page.js';

/** What a socket is to be told the times of. */
export interface Timestamping {
  /** Of what it receives: `timestamps` of each message. */
  readonly rx?: boolean;
  /** Of what it sends: the event `timestamp`. */
  readonly tx?: boolean;
}

/** When a message was where on its way in: nanoseconds of CLOCK_MONOTONIC, the clock of process.hrtime. */
export interface RxTimestamps {
  /** The XDP program took it from the driver. Absent where the driver does not tell: libpcap, or no room in front of the frame. */
  readonly driver?: number;
  /** The out-of-band side took it from the ring. */
  readonly queue: number;
  /** This program took it from its buffer. */
  readonly application: number;
}

/** When a message was where on its way out, in the same clock. */
export interface TxTimestamps {
  /** Counts what the socket sends, from 0 when `setTimestamping` was called: SOF_TIMESTAMPING_OPT_ID. */
  readonly id: number;
  /** It was sent. */
  readonly application: number;
  /** The out-of-band side put it, or of its fragments the last one, into the ring. */
  readonly queue: number;
  /** The driver gave its buffer back. */
  readonly driver: number;
}

/** Of a message on its way into the ring. */
export interface SendStamp {
  readonly id: number;
  readonly ns: number;
}

/** What one socket wants to know, and its part in it. */
export class Timestamper {
  #rx = false;
  #tx = false;
  #nextId = 0;

  /** Received messages come with times. */
  get rx(): boolean {
    return this.#rx;
  }

  set({ rx = false, tx = false }: Timestamping): void {
    this.#rx = rx;
    this.#tx = tx;
    this.#nextId = 0;
  }

  /** For what is being sent; undefined where nobody wants to know. */
  send(): SendStamp | undefined {
    if (!this.#tx) return undefined;
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    return { id, ns: nowNs() };
  }

  /** The record at `at` is taken now: counts how long it waited. */
  take({ received, delays }: SocketPage, at: number): RxTimestamps {
    const application = nowNs();
    const queue = received.timeNs(at);
    const driver = received.driverNs(at);
    record(delays, application - queue, 1);
    return driver === 0 ? { queue, application } : { driver, queue, application };
  }
}

/** Sets the flags of a record to send, and what its stamp needs. */
export function labelStamp(ring: MessageRing, at: number, flags: number, stamp: SendStamp | undefined): void {
  ring.set(at, Message.Flags, stamp === undefined ? flags : flags | MessageFlag.Stamp);
  if (stamp === undefined) return;
  ring.set(at, Message.Id, stamp.id);
  ring.setTimeNs(at, stamp.ns);
}

/** Tells of what has left meanwhile, while `isOpen`. */
export function takeSent(page: SocketPage, isOpen: () => boolean, tell: (times: TxTimestamps) => void): void {
  const visit = (id: number, application: number, queue: number, driver: number) =>
    tell({ id, application, queue, driver });
  while (isOpen() && page.takeStamp(visit));
}
