import { EvlnetError } from '../errors.js';
import type { Btf } from './btf.js';
import { CALL, Class, type Instruction, isWide } from './instruction.js';

/** A program as data: what it is, not yet loaded (`linux/bpf.ts` loads it). */
export interface ProgramSpec {
  /** Of its entry. The kernel keeps the first 15 octets. */
  readonly name: string;
  readonly type: ProgramType;
  readonly instructions: readonly Instruction[];
  /** Label → index of the instruction that it stands before. */
  readonly labels: ReadonlyMap<string, number>;
  readonly license: string;
  /** The functions in order of their first instruction, the entry first; absent where the entry is all and of no known type. */
  readonly functions?: readonly FunctionSpec[];
  /** Holds the `typeId` of the functions. */
  readonly btf?: Btf;
  /** BPF_F_… of BPF_PROG_LOAD, <linux/bpf.h>. */
  readonly flags?: number;
  /** Index of the interface that it runs on and on no other: only so may it ask that driver (BPF_F_XDP_DEV_BOUND_ONLY). */
  readonly boundTo?: number;
}

/** A function of a program; its label is its name. */
export interface FunctionSpec {
  readonly name: string;
  /** Index of its first instruction. */
  readonly at: number;
  /** Verified on its own by the kernel, not at each call. */
  readonly isGlobal: boolean;
  /** Its FUNC in the object's BTF. */
  readonly typeId?: number;
}

/** A map as data. Sizes in octets. */
export interface MapSpec {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_…, <linux/bpf.h>; the type may be one that `MapType` has no name for. */
  readonly flags?: number;
  /** A data section (.rodata, .data, .bss): the value of entry 0. */
  readonly contents?: Uint8Array;
  /** The program may not write it (BPF_F_RDONLY_PROG), and it is frozen. */
  readonly isReadOnly?: boolean;
  /** Of a map of maps: what each of its maps is like. */
  readonly inner?: MapSpec;
  /** Of a map of maps or of programs: index → name of the map or program that is there from the start. */
  readonly slots?: ReadonlyMap<number, string>;
}

/** enum bpf_prog_type, <linux/bpf.h>; Unspecified where the name of an object's section says nothing that evlnet knows. */
export const ProgramType = { Unspecified: 0, SocketFilter: 1, SchedCls: 3, Xdp: 6 } as const;
export type ProgramType = (typeof ProgramType)[keyof typeof ProgramType];

/** enum bpf_map_type, <linux/bpf.h>. */
export const MapType = {
  Hash: 1,
  Array: 2,
  ProgArray: 3,
  PerfEventArray: 4,
  PercpuHash: 5,
  PercpuArray: 6,
  LruHash: 9,
  LruPercpuHash: 10,
  LpmTrie: 11,
  ArrayOfMaps: 12,
  HashOfMaps: 13,
  Xskmap: 17,
  Queue: 22,
  Stack: 23,
  Ringbuf: 27,
} as const;
export type MapType = (typeof MapType)[keyof typeof MapType];

/** Slot of 8 octets that each instruction starts at; one more, behind the last. */
export function slotsOf(instructions: readonly Instruction[]): number[] {
  const slots = [0];
  for (const i of instructions) slots.push(slots.at(-1)! + (isWide(i) ? 2 : 1));
  return slots;
}

/** Octets for the kernel, little-endian: labels become offsets, map names the descriptors in `maps`. */
export function encode(program: ProgramSpec, maps: ReadonlyMap<string, number> = new Map()): Uint8Array {
  const slots = slotsOf(program.instructions);
  const octets = new Uint8Array(slots.at(-1)! * 8);
  const view = new DataView(octets.buffer);
  program.instructions.forEach((i, index) => {
    const at = slots[index]! * 8;
    let { offset, imm } = i;
    let high = 0;
    if (i.target !== undefined) {
      const to = program.labels.get(i.target);
      if (to === undefined)
        throw new EvlnetError(
          'EVL_BPF_ASM',
          `Cannot assemble "${program.name}": label "${i.target}" is not defined`,
        );
      const distance = slots[to]! - slots[index]! - 1;
      // A function's distance, and that of the jump which is made for far ones, is in the immediate.
      if (isWide(i) || i.opcode === (Class.JMP | CALL) || i.opcode === Class.JMP32) imm = distance;
      else offset = distance;
      if (offset < -32768 || offset > 32767)
        throw new EvlnetError(
          'EVL_BPF_ASM',
          `Cannot assemble "${program.name}": label "${i.target}" is too far`,
        );
    }
    if (i.map !== undefined) {
      const fd = maps.get(i.map);
      if (fd === undefined)
        throw new EvlnetError(
          'EVL_BPF_ASM',
          `Cannot assemble "${program.name}": map "${i.map}" is not given`,
        );
      high = imm;
      imm = fd;
    } else if (isWide(i)) high = i.high ?? (imm < 0 ? -1 : 0);
    view.setUint8(at, i.opcode);
    view.setUint8(at + 1, (i.src << 4) | i.dst);
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, imm, true);
    if (isWide(i)) view.setInt32(at + 12, high, true);
  });
  return octets;
}
