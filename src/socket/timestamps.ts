// SO_TIMESTAMPING: when a datagram or frame was where, as its socket asked to know.
import { nowNs } from '../linux/clock.js';
import { record } from '../memory/histogram.js';
import { Message, MessageFlag, type MessageRing } from '../memory/message-ring.js';
import type { SocketPage } from '../memory/socket-page.js';

/** What a socket is to be told the times of. */
export interface Timestamping {
  /** Of what it receives: `timestamps` of each message. */
  readonly rx?: boolean;
  /**
   * Of what it receives also the NIC's own time, by the clock of the NIC; `rx` goes with it. Needs native XDP, Linux 6.3 and a driver that tells
   * it to XDP programs, else EVL_NO_HARDWARE_TIMES; and stamping switched on in the NIC: `hwstamp_ctl -i eth0 -t 1 -r 1`.
   */
  readonly hardware?: boolean;
  /** Of what it sends: the event `timestamp`. */
  readonly tx?: boolean;
}

/** When a message was where on its way in: nanoseconds of CLOCK_MONOTONIC, the clock of process.hrtime. */
export interface RxTimestamps {
  /**
   * The NIC had it: nanoseconds of the NIC's own clock (PHC), which is none of the others; ptp4l and phc2sys set it. With `hardware`, and absent
   * where the NIC told none of this message, of which it may have been told which kinds to stamp.
   */
  readonly hardware?: bigint;
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

/** What its worker has to know. */
export interface ReceiveTimes {
  readonly rx: boolean;
  readonly hardware: boolean;
}

/** What one socket wants to know, and its part in it. */
export class Timestamper implements ReceiveTimes {
  #rx = false;
  #hardware = false;
  #tx = false;
  #nextId = 0;

  /** Received messages come with times. */
  get rx(): boolean {
    return this.#rx;
  }

  /** Received messages come with the NIC's time too. */
  get hardware(): boolean {
    return this.#hardware;
  }

  /** `tell` has the worker follow: where that is refused, everything stays as it was. */
  async set(
    { rx = false, hardware = false, tx = false }: Timestamping,
    tell: (times: ReceiveTimes) => Promise<void>,
  ): Promise<void> {
    const before = [this.#rx, this.#hardware, this.#tx, this.#nextId] as const;
    this.#rx = rx || hardware;
    this.#hardware = hardware;
    this.#tx = tx;
    this.#nextId = 0;
    try {
      await tell(this);
    } catch (error) {
      [this.#rx, this.#hardware, this.#tx, this.#nextId] = before;
      throw error;
    }
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
    if (driver === 0) return { queue, application };
    const hardware = this.#hardware ? received.hardwareNs(at) : 0n;
    return hardware === 0n ? { driver, queue, application } : { hardware, driver, queue, application };
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
