// bpf(2): the attribute and the memory that its pointers point at.
import { syscall } from './libc.js';
import { type Mapping, map, unmap } from './memory.js';

export const SYS_BPF = process.arch === 'arm64' ? 280 : 321;

/** enum bpf_cmd, <linux/bpf.h>. */
export const Command = {
  MapCreate: 0,
  MapLookup: 1,
  MapUpdate: 2,
  MapDelete: 3,
  MapNextKey: 4,
  ProgLoad: 5,
  ObjPin: 6,
  ProgTestRun: 10,
  MapGetFdById: 14,
  ObjGetInfoByFd: 15,
  BtfLoad: 18,
  MapFreeze: 22,
  LinkCreate: 28,
  LinkUpdate: 29,
} as const;

// Permanent pages for the attribute and for keys and values: nothing to keep alive for the kernel.
const scratch = map(64 * 1024);
const ATTRIBUTE = 4096;
const ADDRESS = scratch.address;
export const attribute = scratch.view;

/** Issues `command` with the first `size` octets of the attribute. */
export const bpf = (command: number, size: number): number =>
  syscall(SYS_BPF, command, ADDRESS, size, 0, 0, 0);

export const clear = (size: number): void => void new Uint8Array(scratch.buffer, 0, size).fill(0);

export const setPointer = (at: number, address: number): void =>
  attribute.setBigUint64(at, BigInt(address), true);

/** The kernel takes 15 octets of [A-Za-z0-9_.]. */
export function setName(at: number, name: string): void {
  const allowed = name.replace(/[^\w.]/g, '_');
  for (let i = 0; i < Math.min(15, allowed.length); i++) attribute.setUint8(at + i, allowed.charCodeAt(i));
}

/** Memory that the kernel may read and write while `use` runs: the permanent pages where they suffice. */
export function withMemory<T>(length: number, use: (memory: Mapping, at: number) => T): T {
  if (ATTRIBUTE + length <= scratch.length) return use(scratch, ATTRIBUTE);
  const memory = map(length);
  try {
    return use(memory, 0);
  } finally {
    unmap(memory);
  }
}
