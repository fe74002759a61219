// ip(7), IP_ADD_MEMBERSHIP.
import { close, must, setsockopt, socket } from './libc.js';
import { map } from './memory.js';

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
const IPPROTO_IP = 0;
const IP_ADD_MEMBERSHIP = 35;
const REQUEST_LENGTH = 12;

const request = map(4096);

/**
 * Has the kernel be a member of `group` on a device until `close`, or until this process ends in whatever way: it speaks IGMP there. The
 * socket is bound to no UDP port, so nothing ever comes to it. One socket a membership: igmp_max_memberships bounds those of each.
 */
export function holdMembership(ifindex: number, group: number): { close(): void } {
  const act = `join a group on link ${ifindex}`;
  const fd = must(socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), act);
  // struct ip_mreqn: the group and an address in network order, the device.
  request.view.setUint32(0, group);
  request.view.setUint32(4, 0);
  request.view.setInt32(8, ifindex, true);
  try {
    must(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request.address, REQUEST_LENGTH), act);
  } catch (error) {
    close(fd);
    throw error;
  }
  let isOpen = true;
  return {
    close() {
      if (isOpen) close(fd);
      isOpen = false;
    },
  };
}
