import type { Program } from '../linux/bpf.js';
import { bind, close, must, setsockopt, socket } from '../linux/libc.js';
import { map } from '../linux/memory.js';

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const ETH_P_ALL_BE = 0x0300;
const SOL_SOCKET = 1;
const SO_ATTACH_BPF = 50;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const scratch = map(4096);

/** Runs the watch on what reaches the kernel's stack through `ifindex`; returns what ends it. The program keeps no frame. */
export function watchHiddenTags(ifindex: number, program: Program): () => void {
  // Protocol 0 until the filter is in place: not one frame is queued.
  const fd = must(socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0), 'open a packet socket');
  try {
    scratch.view.setInt32(0, 1, true);
    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, scratch.address, 4);
    scratch.view.setInt32(0, program.fd, true);
    must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, scratch.address, 4), 'attach the hidden-tag watch');
    scratch.view.setUint16(0, AF_PACKET, true);
    scratch.view.setUint16(2, ETH_P_ALL_BE, true);
    scratch.view.setInt32(4, ifindex, true);
    must(bind(fd, scratch.address, 20), 'bind the hidden-tag watch');
  } catch (error) {
    close(fd);
    throw error;
  } finally {
    program.close();
  }
  return () => void close(fd);
}
