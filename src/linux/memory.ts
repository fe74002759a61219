import koffi from 'koffi';
import { errno, ftruncate, memfdCreate, mmap, munmap, must, systemError } from './libc.js';

const PROT_READ = 1;
const PROT_WRITE = 2;
export const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_ANONYMOUS = 0x20;
export const MAP_POPULATE = 0x8000;
const MAP_32BIT = 0x40;
const MFD_CLOEXEC = 1;
/** Below 2^31, where x86-64 can put it: an address there is one of the engine's small integers, and a system call with it allocates nothing. */
const LOW = process.arch === 'x64' ? MAP_32BIT : 0;
/** The low addresses are few: they are for what system calls are given all the time. */
const MAX_LOW = 65_536;

/**
 * Memory outside the JavaScript heap, page-aligned, that stays where it is until `unmap`. What the kernel sees lives
 * here. `address` is safe as a Number (user space ends at 2^47) and may cross to another thread, which views it with
 * `viewAt`; posting `buffer` itself would silently copy it.
 */
export interface Mapping {
  readonly address: number;
  readonly length: number;
  readonly buffer: ArrayBuffer;
  readonly view: DataView;
}

const mapping = (address: number, length: number): Mapping => {
  const buffer = koffi.view(BigInt(address), length);
  return { address, length, buffer, view: new DataView(buffer) };
};

/** The memory that another thread mapped at `address`. */
export const viewAt = mapping;

/** `length` octets of `fd` from `offset`, shared with the kernel or other processes. */
export function mapFile(fd: number, length: number, offset = 0, flags = MAP_SHARED): Mapping {
  const address = Number(mmap(0, length, PROT_READ | PROT_WRITE, flags, fd, offset));
  if (address > 2 ** 48) throw systemError(`map ${length} octets`, errno());
  return mapping(address, length);
}

/** `length` zeroed octets. */
export function map(length: number, flags = 0): Mapping {
  const all = (flags & MAP_SHARED ? 0 : MAP_PRIVATE) | MAP_ANONYMOUS | flags;
  if (LOW !== 0 && length <= MAX_LOW)
    try {
      return mapFile(-1, length, 0, all | LOW);
    } catch {
      // None is left there.
    }
  return mapFile(-1, length, 0, all);
}

/** The views of it must not be touched again. */
export const unmap = (m: Mapping): void => void munmap(m.address, m.length);

/** Descriptor of `length` zeroed octets that another process can map too, once it has it. */
export function sharedMemory(name: string, length: number): number {
  const act = `make shared memory of ${length} octets`;
  const fd = must(memfdCreate(name, MFD_CLOEXEC), act);
  must(ftruncate(fd, length), act);
  return fd;
}
