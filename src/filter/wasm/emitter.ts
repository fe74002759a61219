import type { Value } from '../analysis/value.js';
import { Code } from './code.js';
import { Fault, Global, type ImportName, importIndex } from './imports.js';
import { FRAME_LENGTH } from './layout.js';
import { I32, I64, Op, Type } from './opcode.js';
import { refusal, type Unit } from './unit.js';

/** Of every function that is translated: r1 to r5 and the lowest address of its frame, then what it keeps for itself. */
export const SIGNATURE = {
  parameters: [Type.i64, Type.i64, Type.i64, Type.i64, Type.i64, Type.i32],
  results: [Type.i64],
};
/** r0, r6 to r10, then the scratch variables below. */
export const LOCALS = [...new Array<Type>(8).fill(Type.i64), Type.i32, Type.i32, Type.i32, Type.i32];
const REGISTERS = [6, 0, 1, 2, 3, 4, 7, 8, 9, 10, 11];
export const FRAME = 5;
/** Variables that live no longer than one instruction, but for `block`: where a function without structure goes on. */
export const Scratch = { wide: 12, wider: 13, at: 14, from: 15, count: 16, block: 17 } as const;

const UNKNOWN: Value = { kind: 'unknown' };

/** Writes one function; `index` is the instruction in hand. */
export class Emitter {
  readonly code = new Code();
  index = 0;

  constructor(readonly unit: Unit) {}

  /** Pushes all 64 bits of a register. */
  push(register: number): Code {
    return this.code.get(REGISTERS[register]!);
  }

  /** Pushes the lower 32 bits. */
  pushLow(register: number): Code {
    return this.push(register).op(I32.wrap);
  }

  /** Pops 64 bits. */
  pop(register: number): void {
    this.code.set(REGISTERS[register]!);
  }

  /** Pops 32 bits; the upper half becomes zero. */
  popLow(register: number): void {
    this.code.op(I64.extendI32U);
    this.pop(register);
  }

  /** Pops a number with its sign. */
  popSigned(register: number): void {
    this.code.op(I64.extendI32S);
    this.pop(register);
  }

  /** Sets r10 from the frame that the caller gave. */
  enter(): void {
    this.code.get(FRAME).op(I64.extendI32U).i64(FRAME_LENGTH).op(I64.add);
    this.pop(10);
  }

  /** Pushes the frame of a function that this one calls. */
  pushCalleeFrame(): Code {
    return this.code.get(FRAME).i32(FRAME_LENGTH).op(I32.sub);
  }

  /** Ends the function. */
  return(value: number): void {
    this.code.i64(value).op(Op.return);
  }

  import(name: ImportName): Code {
    return this.code.call(importIndex(name));
  }

  /** What is known of a register before the instruction in hand. */
  known(register: number): Value {
    return this.unit.analysis.registers(this.index)?.[register] ?? UNKNOWN;
  }

  /** A register's value where that is certain and a 32-bit number. */
  constant(register: number): number | undefined {
    const v = this.known(register);
    return v.kind === 'constant' && v.value === (v.value | 0) ? v.value : undefined;
  }

  unsupported(reason: string, hint: string): never {
    throw refusal(this.unit, this.index, reason, hint);
  }

  /** Stops the program. */
  fault(reason: Fault): void {
    this.code.i32(reason).i32(this.unit.base + this.index);
    this.import('fault').op(Op.unreachable);
  }

  /** Takes instructions off the budget. */
  charge(count: number): void {
    this.code.i32(count);
    this.chargeTop();
  }

  /** The same by the number on top. */
  chargeTop(): void {
    const { code } = this;
    code.set(Scratch.count);
    code.getGlobal(Global.budget).get(Scratch.count).op(I32.sub).tee(Scratch.count).setGlobal(Global.budget);
    code.get(Scratch.count).i32(0).op(I32.ltS).if();
    this.fault(Fault.Budget);
    code.end();
  }

  /**
   * Pushes the address of `length` octets at `register` + `offset`, and returns what is to be added to it by the access.
   * Where data flow does not prove that the program may have them, it is checked when it runs.
   */
  address(register: number, offset: number, length: number, isWrite: boolean): number {
    const { code, unit } = this;
    const v = this.known(register);
    if (v.kind === 'frame' && v.offset !== undefined) {
      const at = FRAME_LENGTH + v.offset + offset;
      if (at >= 0 && at + length <= FRAME_LENGTH) {
        code.get(FRAME);
        return at;
      }
    }
    if (v.kind === 'context' && v.isCertain) {
      const at = v.offset + offset;
      const reason = unit.shape.refuses(at, length, isWrite);
      if (reason !== undefined)
        this.unsupported(reason, 'the kernel refuses it too; bpf_skb_load_bytes() reads the packet');
      code.i32(unit.layout.context);
      return at;
    }
    this.push(register).i64(offset).op(I64.add).tee(Scratch.wide);
    const low = isWrite ? unit.layout.writable : unit.layout.readable;
    code
      .i64(low)
      .op(I64.sub)
      .i64(unit.layout.end - low - length)
      .op(I64.gtU)
      .if();
    this.fault(Fault.Address);
    code.end().get(Scratch.wide).op(I32.wrap);
    return 0;
  }

  /** Pushes the address as one number. */
  pushAddress(register: number, length: number, isWrite: boolean): void {
    const at = this.address(register, 0, length, isWrite);
    if (at !== 0) this.code.i32(at).op(I32.add);
  }

  /** The same for a length that only the program knows, on top as 32 bits: left in `Scratch.at` and `Scratch.count`. */
  addressOfLength(register: number, isWrite: boolean): void {
    const { code, unit } = this;
    const low = isWrite ? unit.layout.writable : unit.layout.readable;
    const room = unit.layout.end - low;
    code.tee(Scratch.count).i32(room).op(I32.gtU);
    this.push(register).i64(low).op(I64.sub);
    code.i64(room).get(Scratch.count).op(I64.extendI32U, I64.sub, I64.gtU, I32.or).if();
    this.fault(Fault.Address);
    code.end();
    this.pushLow(register).set(Scratch.at);
  }
}
