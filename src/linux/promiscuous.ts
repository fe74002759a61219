// packet(7), PACKET_ADD_MEMBERSHIP.
import { close, must, setsockopt, socket } from './libc.js';
import { map } from './memory.js';

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_PROMISC = 1;

const membership = map(4096);

/**
 * Keeps the interface promiscuous until `close`, or until this process ends in whatever way. Unlike IFF_PROMISC, which
 * only one owner can switch off again, holders are counted (`Link.promiscuity`). Needs CAP_NET_RAW.
 */
export function holdPromiscuous(ifindex: number): { close(): void } {
  const act = `make link ${ifindex} promiscuous`;
  // Protocol 0: the socket is given no frame, so it costs nothing.
  const fd = must(socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0), act);
  let isOpen = true;
  const end = () => {
    if (isOpen) close(fd);
    isOpen = false;
  };
  try {
    // struct packet_mreq.
    membership.view.setInt32(0, ifindex, true);
    membership.view.setUint16(4, PACKET_MR_PROMISC, true);
    must(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership.address, 16), act);
  } catch (error) {
    end();
    throw error;
  }
  return { close: end };
}
