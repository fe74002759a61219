// A UDP socket of the kernel's stack with SO_TIMESTAMPNS: when the kernel got a datagram, as ping(8) has it. struct msghdr and cmsghdr, <linux/socket.h>, 64 bit.
import {
  clockGettime,
  close,
  connect,
  errno,
  must,
  ppoll,
  recvmsg,
  send,
  setsockopt,
  socket,
} from './libc.js';
import { map } from './memory.js';

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
const SOL_SOCKET = 1;
/** The option, and the type of what comes by it: a struct timespec. */
const SO_TIMESTAMPNS = 35;
const CLOCK_REALTIME = 0;
const POLLIN = 1;

const ADDRESS = 0;
const ADDRESS_LENGTH = 16;
const TIMESPEC = 32;
const POLLFD = 64;
const IOVEC = 96;
const MSGHDR = 128;
const CONTROL = 256;
const CONTROL_LENGTH = 256;
const PAYLOAD = 1024;
const RECEIVED = PAYLOAD + 0x1_0000;

/** Connected to one UDP port. Its datagrams begin with a number of 2 octets. Times are nanoseconds since it was opened, CLOCK_REALTIME. */
export class StampedSocket {
  readonly #memory = map(RECEIVED + 0x1_0000);
  readonly #fd: number;
  readonly #epoch: number;
  /** Of what was received last: its number, and when the kernel had it. */
  sequence = 0;
  ns = 0;

  /** `address` in host order. Throws what the kernel refuses. */
  constructor(address: number, port: number) {
    const { view, address: at } = this.#memory;
    this.#fd = must(socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0), 'open a UDP socket');
    view.setUint32(ADDRESS, 1, true);
    must(setsockopt(this.#fd, SOL_SOCKET, SO_TIMESTAMPNS, at + ADDRESS, 4), 'have datagrams stamped');
    view.setUint32(ADDRESS, 0, true);
    view.setUint16(ADDRESS, AF_INET, true);
    view.setUint16(ADDRESS + 2, port);
    view.setUint32(ADDRESS + 4, address);
    must(connect(this.#fd, at + ADDRESS, ADDRESS_LENGTH), 'connect');
    this.#epoch = this.#seconds(CLOCK_REALTIME);
    // The payload of ping(8): what number octet it is.
    for (let i = 0; i < 0x1_0000; i++) view.setUint8(PAYLOAD + i, i);
    view.setInt32(POLLFD, this.#fd, true);
    view.setInt16(POLLFD + 4, POLLIN, true);
    view.setBigUint64(IOVEC, BigInt(at + RECEIVED), true);
    view.setBigUint64(IOVEC + 8, BigInt(0x1_0000), true);
    view.setBigUint64(MSGHDR + 16, BigInt(at + IOVEC), true);
    view.setBigUint64(MSGHDR + 24, 1n, true);
    view.setBigUint64(MSGHDR + 32, BigInt(at + CONTROL), true);
  }

  get nowNs(): number {
    const seconds = this.#seconds(CLOCK_REALTIME);
    return (seconds - this.#epoch) * 1e9 + this.#memory.view.getUint32(TIMESPEC + 8, true);
  }

  /** The errno that it is refused with, or 0. */
  send(sequence: number, size: number): number {
    this.#memory.view.setUint16(PAYLOAD, sequence);
    return send(this.#fd, this.#memory.address + PAYLOAD, size, 0) < 0 ? errno() : 0;
  }

  /** The next datagram: the errno that there is instead, or 0. */
  receive(): number {
    const { view, address } = this.#memory;
    view.setBigUint64(MSGHDR + 40, BigInt(CONTROL_LENGTH), true);
    const length = recvmsg(this.#fd, address + MSGHDR, 0);
    if (length < 0) return errno();
    this.sequence = length < 2 ? -1 : view.getUint16(RECEIVED);
    // The option is the only one that is set.
    this.ns =
      view.getInt32(CONTROL + 12, true) === SO_TIMESTAMPNS
        ? (view.getUint32(CONTROL + 16, true) - this.#epoch) * 1e9 + view.getUint32(CONTROL + 24, true)
        : this.nowNs;
    return 0;
  }

  /** Until something has come, or for so long. */
  wait(ns: number): void {
    const { view, address } = this.#memory;
    view.setUint32(TIMESPEC, Math.floor(ns / 1e9), true);
    view.setUint32(TIMESPEC + 8, ns % 1e9, true);
    ppoll(address + POLLFD, 1, address + TIMESPEC, 0);
  }

  close(): void {
    close(this.#fd);
  }

  #seconds(clock: number): number {
    clockGettime(clock, this.#memory.address + TIMESPEC);
    return this.#memory.view.getUint32(TIMESPEC, true);
  }
}
