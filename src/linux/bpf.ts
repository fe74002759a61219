import { attribute, bpf, Command, clear, setPointer, withMemory } from './bpf-call.js';
import type { Program } from './bpf-program.js';
import { errno, systemError } from './libc.js';

export { SYS_BPF } from './bpf-call.js';
export { BpfMap, createMap, createMaps, fillSlots, type Key, mapById, possibleCpus } from './bpf-map.js';
export { loadProgram, type Program, type TestRun, testRun } from './bpf-program.js';

/** enum bpf_attach_type. */
export const AttachType = { Xdp: 37, TcxIngress: 46, TcxEgress: 47 } as const;
/** XDP_FLAGS of <linux/if_link.h>. */
export const XdpFlags = { Generic: 1 << 1, Native: 1 << 2 } as const;

/** Attaches to the hook of an interface; the returned descriptor holds the program there, and closing it detaches. Returns -errno on refusal. */
export function createLink(program: Program, ifindex: number, attachType: number, flags = 0): number {
  clear(64);
  attribute.setUint32(0, program.fd, true);
  attribute.setUint32(4, ifindex, true);
  attribute.setUint32(8, attachType, true);
  attribute.setUint32(12, flags, true);
  const fd = bpf(Command.LinkCreate, 64);
  return fd < 0 ? -errno() : fd;
}

/** Puts `program` in the place of the link's present one: no frame meets neither. */
export function updateLink(link: number, program: Program): void {
  clear(32);
  attribute.setUint32(0, link, true);
  attribute.setUint32(4, program.fd, true);
  if (bpf(Command.LinkUpdate, 32) < 0) throw systemError('replace the BPF program', errno());
}

/** Makes the program reachable as a file of a mounted bpf file system. */
export function pin(fd: number, path: string): void {
  const octets = new TextEncoder().encode(`${path}\0`);
  withMemory(octets.length, (memory, at) => {
    new Uint8Array(memory.buffer).set(octets, at);
    clear(32);
    setPointer(0, memory.address + at);
    attribute.setUint32(8, fd, true);
    if (bpf(Command.ObjPin, 32) < 0) throw systemError(`pin a BPF program at "${path}"`, errno());
  });
}
