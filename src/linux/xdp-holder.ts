// Who put a BPF program where it is: bpf(2), proc(5).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { SYS_BPF } from './bpf.js';
import { close, syscall } from './libc.js';
import { map } from './memory.js';
import { untilNul } from './netlink-message.js';

/** A BPF program and the processes that keep it. */
export interface Holder {
  id: number;
  /** At most 15 characters; empty if it has none, is gone, or we may not ask (CAP_SYS_ADMIN). */
  name: string;
  /** Who has it or its link open. None if it is pinned, or was attached for good (`ip link set dev … xdp`). */
  pids: { pid: number; comm: string }[];
}

const Command = { ProgGetFdById: 13, ObjGetInfoByFd: 15 } as const;
// struct bpf_prog_info: the kernel fills as much as we ask for.
const INFO_LENGTH = 80;
const NAME = 64;
const NAME_LENGTH = 16;
const ATTR_LENGTH = 16;
const INFO = 64;

// Some machines have a million descriptors open; beyond this the answer is not worth the time.
const MAX_DESCRIPTORS = 200_000;

const memory = map(4096);

/** Who holds program `progId` (`Link.xdp`), as far as this process may see: all of them takes CAP_SYS_PTRACE. */
export const xdpHolder = (progId: number): Holder => ({
  id: progId,
  name: programName(progId),
  pids: holders(progId),
});

function programName(id: number): string {
  const { view } = memory;
  view.setUint32(0, id, true);
  view.setBigUint64(4, 0n, true);
  const fd = syscall(SYS_BPF, Command.ProgGetFdById, memory.address, 12, 0, 0, 0);
  if (fd < 0) return '';
  new Uint8Array(memory.buffer, INFO, INFO_LENGTH).fill(0);
  view.setUint32(0, fd, true);
  view.setUint32(4, INFO_LENGTH, true);
  view.setBigUint64(8, BigInt(memory.address + INFO), true);
  const failed = syscall(SYS_BPF, Command.ObjGetInfoByFd, memory.address, ATTR_LENGTH, 0, 0, 0) < 0;
  close(fd);
  return failed ? '' : untilNul(new Uint8Array(memory.buffer, INFO + NAME, NAME_LENGTH).slice());
}

function holders(progId: number): Holder['pids'] {
  const line = new RegExp(`^prog_id:\\s*${progId}$`, 'm');
  const found: Holder['pids'] = [];
  let left = MAX_DESCRIPTORS;
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of list(`/proc/${pid}/fd`)) {
      if (left-- === 0) return found;
      // The name is cheaper than the content, and most descriptors are something else.
      if (!isBpf(`/proc/${pid}/fd/${fd}`) || !line.test(read(`/proc/${pid}/fdinfo/${fd}`))) continue;
      found.push({ pid: Number(pid), comm: read(`/proc/${pid}/comm`).trimEnd() });
      break;
    }
  }
  return found;
}

// Processes end, descriptors are closed, and other users' are not shown: all of that reads as nothing.
const attempt = <T>(act: () => T, otherwise: T): T => {
  try {
    return act();
  } catch {
    return otherwise;
  }
};
const list = (folder: string): string[] => attempt(() => readdirSync(folder), []);
const read = (file: string): string => attempt(() => readFileSync(file, 'utf8'), '');
const isBpf = (path: string): boolean =>
  attempt(() => /^anon_inode:\[?bpf[-_](link|prog)/.test(readlinkSync(path)), false);
