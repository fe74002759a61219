// What one instruction (RFC 9669 §4, §5) makes of what is known.
import {
  Alu,
  CALL,
  Class,
  type Instruction,
  isWide,
  Mode,
  Pseudo,
  PseudoCall,
  Size,
  Source,
} from '../../bpf/instruction.js';
import { CONTEXT, constant, FRAME, isSame, join, lent, UNKNOWN, type Value } from './value.js';

/** `imm` of an atomic operation that brings back what was there. */
const FETCH = 0x01;
const COMPARE_EXCHANGE = 0xf1;

export const sizeOf = (i: Instruction): number => SIZES[i.opcode & 0x18]!;
const SIZES: Record<number, number> = { [Size.b]: 1, [Size.h]: 2, [Size.w]: 4, [Size.dw]: 8 };

/** Registers, and the octets of the stack that were written eight at a time. */
export class State {
  private constructor(
    /** r0 to r10. */
    readonly registers: Value[],
    /** Offset from r10, a multiple of 8 → what lies there. */
    readonly slots: Map<number, Value>,
  ) {}

  /** At the entry of a function. */
  static entry(parameters: readonly Value[]): State {
    const registers = new Array<Value>(11).fill(UNKNOWN);
    parameters.forEach((value, n) => {
      registers[n + 1] = value;
    });
    registers[10] = FRAME;
    return new State(registers, new Map());
  }

  copy(): State {
    return new State([...this.registers], new Map(this.slots));
  }

  /** Takes in what is known on another way; true if that is less than before. */
  join(other: State): boolean {
    let changed = false;
    this.registers.forEach((value, n) => {
      const both = join(value, other.registers[n]!);
      changed ||= !isSame(both, value);
      this.registers[n] = both;
    });
    for (const [at, value] of this.slots) {
      const both = join(value, other.slots.get(at) ?? UNKNOWN);
      if (isSame(both, value)) continue;
      changed = true;
      this.#put(at, both);
    }
    for (const [at, value] of other.slots) {
      if (this.slots.has(at) || value.kind !== 'context') continue;
      changed = true;
      this.#put(at, join(value, UNKNOWN));
    }
    return changed;
  }

  /** The value as a callee sees it: its caller's constants, the context, and what it may find of that in its caller's stack. */
  lend(value: Value): Value {
    if (value.kind !== 'frame') return value;
    if (value.offset === undefined) return UNKNOWN;
    const { offset } = value;
    const contexts = [...this.slots].filter(([, held]) => held.kind === 'context');
    return lent(contexts.map(([at]) => at - offset));
  }

  /** Anything may have been written anywhere in the stack; what was an address is one still, or of no use. */
  forget(): void {
    for (const [at, value] of this.slots)
      this.#put(at, value.kind === 'context' ? join(value, UNKNOWN) : UNKNOWN);
  }

  step(i: Instruction): void {
    switch (i.opcode & 7) {
      case Class.ALU64:
        this.registers[i.dst] = this.#alu64(i);
        return;
      case Class.ALU:
        this.registers[i.dst] = this.#alu32(i);
        return;
      case Class.LD:
        if (isWide(i)) this.registers[i.dst] = wide(i);
        else this.#call(i);
        return;
      case Class.LDX:
        this.registers[i.dst] = this.#load(i);
        return;
      case Class.ST:
        this.#store(i, constant(i.imm));
        return;
      case Class.STX:
        if ((i.opcode & 0xe0) === Mode.ATOMIC) this.#atomic(i);
        else this.#store(i, this.registers[i.src]!);
        return;
      default:
        if (i.opcode === (Class.JMP | CALL)) this.#call(i);
    }
  }

  #alu64(i: Instruction): Value {
    const have = this.registers[i.dst]!;
    const by = (i.opcode & Source.X) === 0 ? constant(i.imm) : this.registers[i.src]!;
    switch (i.opcode & 0xf0) {
      case Alu.mov:
        return i.offset === 0 ? by : UNKNOWN;
      case Alu.add:
        return have.kind === 'constant' && by.kind !== 'constant' ? sum(by, have, 1) : sum(have, by, 1);
      case Alu.sub:
        return sum(have, by, -1);
      default:
        return UNKNOWN;
    }
  }

  #alu32(i: Instruction): Value {
    const by = (i.opcode & Source.X) === 0 ? constant(i.imm) : this.registers[i.src]!;
    const isMove = (i.opcode & 0xf0) === Alu.mov && i.offset === 0;
    return isMove && by.kind === 'constant'
      ? constant(Number(BigInt.asUintN(32, BigInt(by.value))))
      : UNKNOWN;
  }

  #load(i: Instruction): Value {
    const base = this.registers[i.src]!;
    if (sizeOf(i) !== 8) return UNKNOWN;
    if (base.kind === 'lent') return base.contexts.includes(i.offset) ? join(CONTEXT, UNKNOWN) : UNKNOWN;
    if (base.kind !== 'frame' || base.offset === undefined) return UNKNOWN;
    return this.slots.get(base.offset + i.offset) ?? UNKNOWN;
  }

  #store(i: Instruction, value: Value): void {
    const base = this.registers[i.dst]!;
    if (base.kind === 'context' && base.isCertain) return;
    if (base.kind !== 'frame' || base.offset === undefined) {
      this.forget();
      return;
    }
    const at = base.offset + i.offset;
    const size = sizeOf(i);
    for (let slot = at & ~7; slot < at + size; slot += 8) this.slots.delete(slot);
    if (size === 8 && at % 8 === 0) this.#put(at, value);
  }

  #atomic(i: Instruction): void {
    this.#store(i, UNKNOWN);
    if (i.imm === COMPARE_EXCHANGE) this.registers[0] = UNKNOWN;
    else if ((i.imm & FETCH) !== 0) this.registers[i.src] = UNKNOWN;
  }

  /** r0 is the answer, r1 to r5 are lost; who is given an address in the stack may write there, a function may have it from a map. */
  #call(i: Instruction): void {
    const isLocal = i.src === PseudoCall.Local && i.opcode === (Class.JMP | CALL);
    if (isLocal || this.registers.slice(1, 6).some((v) => v.kind === 'frame' || v.kind === 'unknown'))
      this.forget();
    this.registers.fill(UNKNOWN, 0, 6);
  }

  #put(at: number, value: Value): void {
    if (value.kind === 'unknown') this.slots.delete(at);
    else this.slots.set(at, value);
  }
}

/** The state of a program's first instruction. */
export const programEntry = (): State => State.entry([CONTEXT]);

function sum(have: Value, by: Value, sign: 1 | -1): Value {
  if (by.kind !== 'constant') return have.kind === 'frame' ? { kind: 'frame', offset: undefined } : UNKNOWN;
  const change = sign * by.value;
  switch (have.kind) {
    case 'constant':
      return constant(have.value + change);
    case 'lent':
      return lent(have.contexts.map((at) => at - change));
    case 'context':
      return { ...have, offset: have.offset + change };
    case 'frame':
      return have.offset === undefined ? have : { kind: 'frame', offset: have.offset + change };
    default:
      return UNKNOWN;
  }
}

function wide(i: Instruction): Value {
  if (i.src === Pseudo.MapFd && i.map !== undefined) return { kind: 'map', map: i.map };
  if (i.src === Pseudo.Function && i.target !== undefined) return { kind: 'function', label: i.target };
  if (i.src !== 0 || i.map !== undefined || i.target !== undefined) return UNKNOWN;
  const high = i.high ?? (i.imm < 0 ? -1 : 0);
  return constant(Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(i.imm >>> 0))));
}
