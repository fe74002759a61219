import { EvlnetError } from '../errors.js';
import {
  Alu,
  CALL,
  Class,
  EXIT,
  type Instruction,
  Jump,
  Mode,
  Pseudo,
  PseudoCall,
  Size,
  Source,
  type SourceLine,
} from './instruction.js';
import type { ProgramSpec, ProgramType } from './program.js';

export type Register = { readonly number: number };
const register = (number: number): Register => ({ number });
export const r0 = register(0);
export const r1 = register(1);
export const r2 = register(2);
export const r3 = register(3);
export const r4 = register(4);
export const r5 = register(5);
export const r6 = register(6);
export const r7 = register(7);
export const r8 = register(8);
export const r9 = register(9);
/** Frame pointer, read only; the stack is the 512 octets below it. */
export const r10 = register(10);
export const registerOf = register;

/** Helper functions, <linux/bpf.h> __BPF_FUNC_MAPPER. */
export const Call = {
  mapLookupElem: 1,
  mapUpdateElem: 2,
  mapDeleteElem: 3,
  ktimeGetNs: 5,
  tracePrintk: 6,
  getPrandomU32: 7,
  getSmpProcessorId: 8,
  tailCall: 12,
  skbVlanPush: 18,
  skbVlanPop: 19,
  redirect: 23,
  perfEventOutput: 25,
  skbLoadBytes: 26,
  getNumaNodeId: 42,
  getSocketCookie: 46,
  getSocketUid: 47,
  redirectMap: 51,
  xdpAdjustMeta: 54,
  skbLoadBytesRelative: 68,
  ktimeGetBootNs: 125,
  ringbufOutput: 130,
  ringbufReserve: 131,
  ringbufSubmit: 132,
  ringbufDiscard: 133,
  ktimeGetCoarseNs: 160,
  loop: 181,
  xdpGetBuffLen: 188,
  xdpLoadBytes: 189,
} as const;

const INT32 = 2 ** 31;

/**
 * Assembles one program. Methods append and return the assembler, so that a line of the source is a line of assembly;
 * `line('…')` names what follows, and that text stands in the verifier's log and in `bpftool prog dump`.
 */
export class Assembler {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();
  #origin: { comment?: string; source?: SourceLine } = {};

  constructor(
    readonly name: string,
    readonly type: ProgramType,
  ) {}

  line(comment: string, source?: SourceLine): this {
    this.#origin = source === undefined ? { comment } : { comment, source };
    return this;
  }

  /** What follows is made of that instruction, and stands on its line. */
  lineOf({ comment, source }: Instruction): this {
    this.#origin = {
      ...(comment === undefined ? {} : { comment }),
      ...(source === undefined ? {} : { source }),
    };
    return this;
  }

  /** Instructions so far. */
  get length(): number {
    return this.#instructions.length;
  }

  /** An instruction that exists already, with its names. */
  append(instruction: Instruction): this {
    this.#instructions.push(instruction);
    return this;
  }

  /** Of the next instruction, unless told otherwise. */
  label(name: string, at = this.#instructions.length): this {
    if (this.#labels.has(name)) throw this.#error(`label "${name}" is defined twice`);
    this.#labels.set(name, at);
    return this;
  }

  mov(dst: Register, value: Register | number): this {
    return this.alu('mov', dst, value);
  }

  /** 64 bits. A number is sign-extended from 32. */
  alu(operation: Alu, dst: Register, value: Register | number): this {
    return this.#operate(Class.ALU64 | Alu[operation], dst, value);
  }

  /** 32 bits; the upper half of `dst` becomes zero. */
  alu32(operation: Alu, dst: Register, value: Register | number): this {
    return this.#operate(Class.ALU | Alu[operation], dst, value);
  }

  /** Network order to host order and back, for the low `bits` of `dst`; the others become zero. */
  swap(dst: Register, bits: 16 | 32 | 64): this {
    return this.#emit(Class.ALU | Alu.end | Source.X, dst, r0, 0, bits);
  }

  /** dst = *(size *)(src + offset) */
  load(size: Size, dst: Register, src: Register, offset: number): this {
    return this.#emit(Class.LDX | Mode.MEM | Size[size], dst, src, offset, 0);
  }

  /**
   * r0 = the octets of the frame at `offset`, in host order: from the network header on, or before it as SKF_LL_OFF has
   * it. Wants the context in r6, takes r1 to r5, and ends the program with 0 where the frame is too short.
   */
  loadFrame(size: 'w' | 'h' | 'b', offset: number): this {
    return this.#emit(Class.LD | Mode.ABS | Size[size], r0, r0, 0, offset);
  }

  /** As loadFrame, at `src` + `offset`. */
  loadFrameAt(size: 'w' | 'h' | 'b', src: Register, offset: number): this {
    return this.#emit(Class.LD | Mode.IND | Size[size], r0, src, 0, offset);
  }

  /** *(size *)(dst + offset) = value */
  store(size: Size, dst: Register, offset: number, value: Register | number): this {
    return typeof value === 'number'
      ? this.#emit(Class.ST | Mode.MEM | Size[size], dst, r0, offset, value)
      : this.#emit(Class.STX | Mode.MEM | Size[size], dst, value, offset, 0);
  }

  /** Atomic *(size *)(dst + offset) += src */
  atomicAdd(size: 'w' | 'dw', dst: Register, offset: number, src: Register): this {
    return this.#emit(Class.STX | Mode.ATOMIC | Size[size], dst, src, offset, Alu.add);
  }

  /** 64-bit compare and branch. */
  jump(condition: Jump, dst: Register, value: Register | number, target: string): this {
    return this.#operate(Class.JMP | Jump[condition], dst, value, target);
  }

  /** 32-bit compare and branch. */
  jump32(condition: Jump, dst: Register, value: Register | number, target: string): this {
    return this.#operate(Class.JMP32 | Jump[condition], dst, value, target);
  }

  goto(target: string): this {
    return this.#emit(Class.JMP, r0, r0, 0, 0, { target });
  }

  call(helper: number): this {
    return this.#emit(Class.JMP | CALL, r0, r0, 0, helper);
  }

  /** Calls a function of the kernel by its name. */
  callKernel(kfunc: string): this {
    return this.#emit(Class.JMP | CALL, r0, register(PseudoCall.Kfunc), 0, 0, { kfunc });
  }

  /** dst = the map, for helpers. */
  map(dst: Register, map: string): this {
    return this.#emit(Class.LD | Mode.IMM | Size.dw, dst, register(Pseudo.MapFd), 0, 0, { map });
  }

  /** dst = address of `offset` in the value of a one-entry array map: no look-up at run time. */
  mapValue(dst: Register, map: string, offset = 0): this {
    return this.#emit(Class.LD | Mode.IMM | Size.dw, dst, register(Pseudo.MapValue), 0, offset, { map });
  }

  exit(): this {
    return this.#emit(Class.JMP | EXIT, r0, r0, 0, 0);
  }

  program(license = 'GPL'): ProgramSpec {
    for (const { target } of this.#instructions)
      if (target !== undefined && !this.#labels.has(target))
        throw this.#error(`label "${target}" is not defined`);
    return {
      name: this.name,
      type: this.type,
      instructions: [...this.#instructions],
      labels: new Map(this.#labels),
      license,
    };
  }

  #operate(opcode: number, dst: Register, value: Register | number, target?: string): this {
    const jump = target === undefined ? {} : { target };
    return typeof value === 'number'
      ? this.#emit(opcode | Source.K, dst, r0, 0, value, jump)
      : this.#emit(opcode | Source.X, dst, value, 0, 0, jump);
  }

  #emit(
    opcode: number,
    dst: Register,
    src: Register,
    offset: number,
    imm: number,
    names: { target?: string; map?: string; kfunc?: string } = {},
  ): this {
    if (!Number.isInteger(imm) || imm < -INT32 || imm >= 2 * INT32)
      throw this.#error(`immediate ${imm} does not fit 32 bits`);
    if (!Number.isInteger(offset) || offset < -32768 || offset > 32767)
      throw this.#error(`offset ${offset} does not fit 16 bits`);
    this.#instructions.push({
      opcode,
      dst: dst.number,
      src: src.number,
      offset,
      imm: imm | 0,
      ...names,
      ...this.#origin,
    });
    return this;
  }

  #error(reason: string): EvlnetError {
    return new EvlnetError(
      'EVL_BPF_ASM',
      `Cannot assemble "${this.name}": ${reason} (instruction ${this.#instructions.length})`,
    );
  }
}
