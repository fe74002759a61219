// Notifications of rtnetlink(7): that something about links, IPv4 addresses or routes changed, not what.
import { bind, close, Errno, errno, must, recv, systemError } from './libc.js';
import { map } from './memory.js';
import { open } from './netlink.js';

/** Tells that links, addresses or routes changed. */
export interface Monitor {
  /** For poll(2): readable while there is something to `poll`. */
  readonly fd: number;
  /** True when a link, an IPv4 address or route changed since the last call, or may have. Never blocks. */
  poll(): boolean;
  close(): void;
}

const AF_NETLINK = 16;
const RTMGRP_LINK = 0x1;
const RTMGRP_NEIGH = 0x4;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV4_ROUTE = 0x40;
// Messages are counted, not read: what is cut off is gone for good, as it should.
const MESSAGE_LENGTH = 16;
const MAX_MESSAGES = 1024;
const memory = map(4096);

/** Starts listening in this network namespace: changes made before are not told. */
export const monitor = (): Monitor =>
  watch('watch links, addresses and routes', RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE);

/** The same for neighbours. */
export const neighbourMonitor = (): Monitor => watch('watch neighbours', RTMGRP_NEIGH);

function watch(act: string, groups: number): Monitor {
  const fd = open(act);
  memory.view.setUint32(0, AF_NETLINK, true);
  memory.view.setUint32(4, 0, true);
  memory.view.setUint32(8, groups, true);
  try {
    must(bind(fd, memory.address, 12), act);
  } catch (error) {
    close(fd);
    throw error;
  }
  let isOpen = true;
  return {
    fd,
    poll: () => isOpen && drain(fd, act),
    close: () => {
      if (isOpen) close(fd);
      isOpen = false;
    },
  };
}

function drain(fd: number, act: string): boolean {
  for (let count = 0; count < MAX_MESSAGES; count++) {
    if (recv(fd, memory.address + 64, MESSAGE_LENGTH, 0) >= 0) continue;
    const n = errno();
    if (n === Errno.EAGAIN) return count > 0;
    // ENOBUFS: more happened than the socket could hold, which is a change too.
    if (n !== Errno.ENOBUFS && n !== Errno.EINTR) throw systemError(act, n);
  }
  return true;
}
