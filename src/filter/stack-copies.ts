// A translation puts on the stack what a filter expects there: the copy of a header, a field of its context. Where the filter reads it back
// in straight code, the reader may as well take it from where it came; mostly nobody needs the copy then.
import type { Register } from '../bpf/asm.js';
import { Alu, Class, type Instruction, isWide, Mode, Source } from '../bpf/instruction.js';
import type { ProgramSpec } from '../bpf/program.js';
import { isCall, isExit, isJump } from './analysis/analyse.js';
import { sizeOf } from './analysis/state.js';
import { FILTER, VERDICT } from './rewrite.js';

/** Octets of the stack and where they came from. */
interface Copy {
  /** Offset from r10. */
  readonly at: number;
  readonly size: number;
  /** The register that was stored, or the one that holds the address they were loaded from. */
  readonly register: number;
  /** Of the load; undefined: they were stored from the register. */
  readonly offset: number | undefined;
}

/** `frame` is a register that points into the frame wherever the filter's own code runs. */
export function withoutCopies(program: ProgramSpec, frame: Register | undefined): ProgramSpec {
  const { labels } = program;
  const targets = new Set(program.instructions.map((i) => i.target && labels.get(i.target)));
  const [begin, end] = [labels.get(FILTER)!, labels.get(VERDICT)!];
  const straight = new Straight();
  const instructions = program.instructions.map((i, index) => {
    if (targets.has(index)) straight.reset();
    if (frame && begin <= index && index < end) straight.pointsIntoFrame(frame.number);
    const instead = straight.instead(i) ?? i;
    straight.step(instead);
    return instead;
  });
  return { ...program, instructions };
}

/** What is known along straight code. */
class Straight {
  #copies: Copy[] = [];
  /** Offset from r10 of what a register points at, if that is the stack. */
  #stack: (number | undefined)[] = [];
  /** Registers that point into the frame, which nobody writes. */
  #frame = new Set<number>();
  /** Where in the frame the value of a register came from. */
  #loaded = new Map<number, { readonly base: number; readonly offset: number; readonly size: number }>();

  constructor() {
    this.reset();
  }

  reset(): void {
    this.#copies = [];
    this.#stack = new Array(11).fill(undefined);
    this.#stack[10] = 0;
    this.#frame.clear();
    this.#loaded.clear();
  }

  pointsIntoFrame(register: number): void {
    this.#frame.add(register);
  }

  /** What does the same as a load from the stack, without it. */
  instead(i: Instruction): Instruction | undefined {
    const base = this.#stack[i.src];
    if ((i.opcode & 7) !== Class.LDX || (i.opcode & 0xe0) !== Mode.MEM || base === undefined)
      return undefined;
    const at = base + i.offset;
    const size = sizeOf(i);
    const copy = this.#copies.find((c) => c.at <= at && at + size <= c.at + c.size);
    if (copy === undefined) return undefined;
    if (copy.offset !== undefined) return { ...i, src: copy.register, offset: copy.offset + at - copy.at };
    if (copy.size !== size || size < 4) return undefined;
    const group = size === 8 ? Class.ALU64 : Class.ALU;
    return { ...i, opcode: group | Alu.mov | Source.X, src: copy.register, offset: 0 };
  }

  step(i: Instruction): void {
    switch (i.opcode & 7) {
      case Class.LDX:
        this.#load(i);
        return;
      case Class.ST:
      case Class.STX:
        this.#store(i);
        return;
      case Class.ALU64:
      case Class.ALU:
        this.#compute(i);
        return;
      case Class.LD:
        if (isWide(i)) this.#lose(i.dst);
        else this.#call();
        return;
      default:
        if (isCall(i)) this.#call();
        else if (isExit(i) || (isJump(i) && (i.opcode & 0xf0) === 0)) this.reset();
    }
  }

  #load(i: Instruction): void {
    const isFromFrame = this.#frame.has(i.src) && (i.opcode & 0xe0) === Mode.MEM && i.src !== i.dst;
    this.#lose(i.dst);
    if (isFromFrame) this.#loaded.set(i.dst, { base: i.src, offset: i.offset, size: sizeOf(i) });
  }

  #store(i: Instruction): void {
    const base = this.#stack[i.dst];
    if (base === undefined || (i.opcode & 0xe0) !== Mode.MEM) {
      // It may be the stack all the same.
      this.#copies = [];
      return;
    }
    const at = base + i.offset;
    const size = sizeOf(i);
    this.#copies = this.#copies.filter((c) => c.at + c.size <= at || at + size <= c.at);
    if ((i.opcode & 7) === Class.ST) return;
    const from = this.#loaded.get(i.src);
    this.#copies.push(
      from && size <= from.size
        ? { at, size, register: from.base, offset: from.offset }
        : { at, size, register: i.src, offset: undefined },
    );
  }

  #compute(i: Instruction): void {
    const is64 = (i.opcode & 7) === Class.ALU64;
    const isFrom = (i.opcode & Source.X) !== 0;
    const operation = i.opcode & 0xf0;
    const have = this.#stack[i.dst];
    const stack = isFrom ? this.#stack[i.src] : undefined;
    const isMove = is64 && operation === Alu.mov && i.offset === 0;
    const intoFrame = this.#frame.has(i.dst) || (isFrom && this.#frame.has(i.src));
    this.#lose(i.dst);
    if (isMove && isFrom) {
      this.#stack[i.dst] = stack;
      if (this.#frame.has(i.src)) this.#frame.add(i.dst);
    } else if (is64 && operation === Alu.add) {
      if (have !== undefined && !isFrom) this.#stack[i.dst] = have + i.imm;
      if (intoFrame) this.#frame.add(i.dst);
    }
  }

  /** A register is written. */
  #lose(register: number): void {
    this.#copies = this.#copies.filter((c) => c.register !== register);
    this.#stack[register] = undefined;
    this.#frame.delete(register);
    this.#loaded.delete(register);
    for (const [loaded, { base }] of this.#loaded) if (base === register) this.#loaded.delete(loaded);
  }

  /** Who is called may write to the stack. */
  #call(): void {
    this.#copies = [];
    for (let register = 0; register <= 5; register++) this.#lose(register);
  }
}
