import { nowNs } from '../linux/clock.js';
import { schedYield } from '../linux/libc.js';
import type { SocketPage } from '../memory/socket-page.js';

/** Anything else that the program does waits no longer than this. */
const SLICE_NS = 20_000;

/** The socket's end of its rings. */
interface Polled {
  readonly page: Pick<SocketPage, 'received' | 'pollInstead' | 'stopPolling' | 'waitToReceive'>;
}

/**
 * SO_BUSY_POLL of socket(7): for a while after something came the program looks for more by itself, in short pieces between which its event
 * loop turns. To sleep and be woken takes longer than most answers do.
 */
export class BusyPoll<C extends Polled> {
  #isDue = false;
  /** 0: it begins anew with the next piece. */
  #untilNs = 0;

  /** `current` is undefined once the channel is closed: then its memory is gone. `onCome` looks, and begins anew where it then waits again. */
  constructor(
    readonly ns: number,
    readonly current: () => C | undefined,
    readonly onCome: () => void,
  ) {}

  /** The channel has been looked at. Where it waits to be woken it is polled instead. */
  begin({ page }: C): void {
    if (this.ns === 0 || !page.pollInstead()) return;
    this.#untilNs = 0;
    this.#turnSoon();
  }

  #turnSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      const channel = this.current();
      if (channel !== undefined) this.#turn(channel.page);
    });
  }

  #turn(page: Polled['page']): void {
    let now = nowNs();
    if (this.#untilNs === 0) this.#untilNs = now + this.ns;
    const end = Math.min(this.#untilNs, now + SLICE_NS);
    while (page.received.used === 0) {
      if (now >= end) {
        if (now < this.#untilNs) {
          this.#turnSoon();
          return;
        }
        page.waitToReceive();
        // Something may have come in between.
        if (page.received.used === 0) return;
        break;
      }
      // The worker may wait for this CPU.
      schedYield();
      now = nowNs();
    }
    page.stopPolling();
    this.onCome();
  }
}
