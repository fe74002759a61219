// A UDP port that nobody else shall have: udp(7), socket(7).
import { bind, close, connect, errno, must, setsockopt, socket } from './libc.js';
import { map } from './memory.js';

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ATTACH_FILTER = 26;
const SO_BINDTOIFINDEX = 62;
/** struct sockaddr_in. */
const ADDRESS_LENGTH = 16;
const RET_K = 0x06;

const VALUE = 0;
const ADDRESS = 64;
const PROGRAM = 128;
const FILTER = 192;
const memory = map(4096);

export interface UdpPlace {
  readonly ifindex: number;
  readonly address: number;
  /** The address is one host's: what comes to it comes to one socket. */
  readonly isHost: boolean;
  readonly udpPort: number;
}

/**
 * Has the kernel hold that address and port on a device until `close`, or until this process ends in whatever way: who binds to it there is
 * told EADDRINUSE. What comes there by the kernel's stack is dropped without a word. `mayShare`: others who set SO_REUSEADDR may have it too, and
 * get what comes. The errno where the kernel refuses.
 */
export function reserveUdpPort(place: UdpPlace, mayShare: boolean): { close(): void } | number {
  const fd = must(socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), 'reserve a UDP port');
  const { view, address } = memory;
  const set = (option: number, value: number) => {
    view.setInt32(VALUE, value, true);
    return setsockopt(fd, SOL_SOCKET, option, address, 4);
  };
  // struct sock_fprog with one struct sock_filter: keep no octet, which is none of the datagram.
  view.setUint16(FILTER, RET_K, true);
  view.setUint32(FILTER + 4, 0, true);
  view.setUint16(PROGRAM, 1, true);
  view.setBigUint64(PROGRAM + 8, BigInt(address + FILTER), true);
  view.setUint16(ADDRESS, AF_INET, true);
  view.setUint16(ADDRESS + 2, place.udpPort);
  view.setUint32(ADDRESS + 4, place.address);
  const isHeld =
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, address + PROGRAM, 16) === 0 &&
    (!mayShare || set(SO_REUSEADDR, 1) === 0) &&
    set(SO_BINDTOIFINDEX, place.ifindex) === 0 &&
    bind(fd, address + ADDRESS, ADDRESS_LENGTH) === 0 &&
    // Connected to itself it is the last to get anything: only what it sends, which is nothing.
    (!(mayShare && place.isHost) || connect(fd, address + ADDRESS, ADDRESS_LENGTH) === 0);
  if (!isHeld) {
    const refused = errno();
    close(fd);
    return refused;
  }
  let isOpen = true;
  return {
    close() {
      if (isOpen) close(fd);
      isOpen = false;
    },
  };
}
