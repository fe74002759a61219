import { SocketCounter, type SocketPage } from '../memory/socket-page.js';

/** The out-of-band end of an application's socket. */
export class Endpoint {
  /** It has taken something in this batch that its application was not told of. */
  isTouched = false;
  /** There is what it does not look for again before it waits, an error or a stamp: it is woken whether it waits or not. */
  hasNews = false;
  /** Its application is gone: nobody will be told anything. */
  isClosing = false;

  constructor(readonly page: SocketPage) {}
}

/** Puts what came into the receive buffers of sockets, whatever their kind. */
export class Delivery {
  /** Endpoints with `isTouched`; who tells their applications sets both back. */
  touchedCount = 0;

  /** A record for `length` octets, to be filled and published; -1 where there is no room, which is counted for the socket. */
  claim({ page }: Endpoint, length: number): number {
    const ring = page.received;
    let at = ring.claim(length, page.receiveLimit);
    // As __udp_enqueue_schedule_skb() has it: one may always, however small the buffer is.
    if (at < 0 && ring.used === 0) at = ring.claim(length);
    if (at < 0) page.counters[SocketCounter.Dropped]! += 1;
    return at;
  }

  publish(e: Endpoint, length: number): void {
    const { received, counters } = e.page;
    received.publish();
    counters[SocketCounter.Received]! += 1;
    counters[SocketCounter.ReceivedBytes]! += length;
    this.touch(e);
  }

  /** Its application will be told to look. */
  touch(e: Endpoint): void {
    if (e.isTouched) return;
    e.isTouched = true;
    this.touchedCount++;
  }

  /** The same of an error or a stamp. */
  tell(e: Endpoint): void {
    e.hasNews = true;
    this.touch(e);
  }
}
