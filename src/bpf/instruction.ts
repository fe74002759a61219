/**
 * One eBPF instruction (RFC 9669 §4) with what the assembler knows of it: names stay names until `encode`, so that
 * inserting an instruction never means mending an offset.
 */
export interface Instruction {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  /** Signed 32 bits; for a map value, the offset into it. */
  readonly imm: number;
  /** Upper half of a 64-bit immediate; absent, the sign of `imm`. */
  readonly high?: number;
  /** Label this one jumps to, calls (`src` = PseudoCall.Local) or takes the address of (`src` = Pseudo.Function). */
  readonly target?: string;
  /** Name of the map whose file descriptor goes into `imm`. */
  readonly map?: string;
  /** Name of the kernel's function whose BTF id goes into `imm` (`src` = PseudoCall.Kfunc). */
  readonly kfunc?: string;
  /** Source line shown by the verifier, the disassembly of `bpftool` and our own errors. */
  readonly comment?: string;
  /** Where it was compiled from. */
  readonly source?: SourceLine;
}

/** A line of the author's source, as .BTF.ext tells it. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** Classes, RFC 9669 §3.3. */
export const Class = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;
export const Size = { w: 0x00, h: 0x08, b: 0x10, dw: 0x18 } as const;
export type Size = keyof typeof Size;
export const Mode = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, MEMSX: 0x80, ATOMIC: 0xc0 } as const;
export const Source = { K: 0x00, X: 0x08 } as const;

export const Alu = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  neg: 0x80,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
  end: 0xd0,
} as const;
export type Alu = Exclude<keyof typeof Alu, 'neg' | 'end'>;

/** `imm` of an atomic operation, RFC 9669 §5.3; add, or, and and xor fetch the old value where `Fetch` is set. */
export const Atomic = {
  Add: 0x00,
  Or: 0x40,
  And: 0x50,
  Xor: 0xa0,
  Fetch: 0x01,
  Xchg: 0xe1,
  Cmpxchg: 0xf1,
} as const;

/** Unsigned comparisons, but for those that start with `s`. */
export const Jump = {
  '==': 0x10,
  '>': 0x20,
  '>=': 0x30,
  '&': 0x40,
  '!=': 0x50,
  's>': 0x60,
  's>=': 0x70,
  '<': 0xa0,
  '<=': 0xb0,
  's<': 0xc0,
  's<=': 0xd0,
} as const;
export type Jump = keyof typeof Jump;
export const CALL = 0x80;
export const EXIT = 0x90;

/** `src` of a 64-bit immediate load: what the immediate means. */
export const Pseudo = { MapFd: 1, MapValue: 2, BtfId: 3, Function: 4 } as const;
/** `src` of a call: a helper of the kernel (0), a function of the program, a kernel function by BTF id. */
export const PseudoCall = { Helper: 0, Local: 1, Kfunc: 2 } as const;

/** Octets a 64-bit immediate load takes; all others take 8. */
export const isWide = (i: Instruction): boolean => i.opcode === (Class.LD | Mode.IMM | Size.dw);
