import { close, epollCreate1, epollCtl, epollWait, must, poll, read } from './libc.js';
import { map } from './memory.js';

const POLLIN = 1;
const POLLFD = 8;
/** poll(2) takes some 120 ns a descriptor, epoll(7) 220 ns whatever their number (measured): from here on epoll. */
const EPOLL_FROM = 4;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
/** struct epoll_event is packed on x86-64 alone. */
const EVENT = process.arch === 'x64' ? 12 : 16;
const EVENT_DATA = EVENT - 8;
const MAX_EVENTS = 64;
/** Where an eventfd is read to, or a FIFO as far as there is room: it may have been written to often. */
const DRAIN = 2048;

/** Waits until one of some descriptors can be read, or an eventfd or a FIFO was written to; allocates nothing per wait. */
export class WaitSet {
  readonly #memory = map(4096);
  readonly #count: number;
  readonly #epoll: number = -1;

  /** `wakeFd` is drained by the wait that it ends. */
  constructor(
    fds: readonly number[],
    readonly wakeFd: number,
  ) {
    const all = [...fds, wakeFd];
    this.#count = all.length;
    const { view, address } = this.#memory;
    if (all.length < EPOLL_FROM) {
      all.forEach((fd, i) => {
        view.setInt32(i * POLLFD, fd, true);
        view.setUint16(i * POLLFD + 4, POLLIN, true);
      });
      return;
    }
    this.#epoll = must(epollCreate1(EPOLL_CLOEXEC), 'create an epoll instance');
    for (const fd of all) {
      view.setUint32(0, POLLIN, true);
      view.setUint32(EVENT_DATA, fd, true);
      must(epollCtl(this.#epoll, EPOLL_CTL_ADD, fd, address), `watch descriptor ${fd}`);
    }
  }

  wait(timeoutMs: number): void {
    if (this.#epoll < 0) {
      const last = this.#count - 1;
      if (poll(this.#memory.address, this.#count, timeoutMs) > 0)
        if (this.#memory.view.getUint16(last * POLLFD + 6, true) & POLLIN) this.#drain();
      return;
    }
    const n = epollWait(this.#epoll, this.#memory.address, MAX_EVENTS, timeoutMs);
    for (let i = 0; i < n; i++)
      if (this.#memory.view.getUint32(i * EVENT + EVENT_DATA, true) === this.wakeFd) this.#drain();
  }

  close(): void {
    if (this.#epoll >= 0) close(this.#epoll);
  }

  #drain(): void {
    read(this.wakeFd, this.#memory.address + DRAIN, DRAIN);
  }
}
