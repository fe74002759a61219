import { BATCH, Batch } from '../memory/batch.js';
import { Message, MessageFlag } from '../memory/message-ring.js';
import { SocketCounter } from '../memory/socket-page.js';
import type { Endpoint } from './endpoint.js';
import type { Port } from './port.js';
import type { Transmitter } from './transmitter.js';

/** What a sender is told, as sendmsg(2) would. */
export const Errno = {
  ENXIO: 6,
  EACCES: 13,
  EINVAL: 22,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  EHOSTUNREACH: 113,
} as const;

/** What cannot be sent at the moment for want of a buffer. */
export const LATER = -1;

/** What applications send, on its way from their rings to the device: one for each kind of socket. */
export abstract class SocketOutput<E extends Endpoint> {
  /** Frames that are written and not yet under way. */
  protected readonly out = new Batch(BATCH);

  /** The time of the drain under way: as an argument it would be boxed at each call that the engine leaves one. */
  protected nowNs = 0;

  constructor(readonly device: Transmitter) {}

  /** Sends up to a batch of what waits at a socket; `bound` is the port that it is bound to. True where more may wait. */
  drain(e: E, bound: Port | undefined, nowNs: number): boolean {
    // Who does not read what failed has no more sent, and rings when he has read it: each failure is told.
    if (!e.page.canFail(BATCH) && !e.isClosing) return false;
    this.nowNs = nowNs;
    const ring = e.page.sent;
    const { counters } = e.page;
    let n = 0;
    for (; n < BATCH; n++) {
      const at = ring.next();
      if (at < 0) break;
      const length = ring.payload(at);
      const errno = this.send(e, bound, at, length);
      if (errno === LATER) {
        this.flush(e);
        return true;
      }
      if (errno === 0) {
        counters[SocketCounter.Sent]! += 1;
        counters[SocketCounter.SentBytes]! += length;
      } else {
        counters[SocketCounter.Failed]! += 1;
        e.page.fail(ring.end, errno);
        e.hasNews = true;
      }
      // Last: who sees that it is gone finds what became of it.
      ring.release();
    }
    this.flush(e);
    return n === BATCH;
  }

  /** The last frame of `out` is the whole of what the record at `at` says, or its last part: has it followed, if its sender asked for that. */
  protected mark(e: E, at: number): void {
    const ring = e.page.sent;
    if ((ring.get(at, Message.Flags) & MessageFlag.Stamp) === 0) return;
    const frame = this.out.at[this.out.count - 1]!;
    const isFollowed = this.device.marks.add(frame, e, ring.get(at, Message.Id) >>> 0, ring.timeNs(at));
    if (!isFollowed) e.page.counters[SocketCounter.StampsLost]! += 1;
  }

  /** Writes what the record at `at` of the send ring says. 0, LATER, or what is wrong. */
  protected abstract send(e: E, bound: Port | undefined, at: number, length: number): number;

  /** Puts `out` under way and leaves it empty. */
  protected abstract flush(e: E): void;
}
