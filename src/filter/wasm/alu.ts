// RFC 9669 §4.1 and §4.2.
import { Alu, Class, type Instruction, Source } from '../../bpf/instruction.js';
import type { Emitter } from './emitter.js';
import { Scratch } from './emitter.js';
import { I32, I64, Op, Type } from './opcode.js';

type Operation = 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shrS' | 'shrU';
/** WebAssembly masks the count of a shift as eBPF does. */
const OPERATIONS: Readonly<Record<number, Operation>> = {
  [Alu.add]: 'add',
  [Alu.sub]: 'sub',
  [Alu.mul]: 'mul',
  [Alu.and]: 'and',
  [Alu.or]: 'or',
  [Alu.xor]: 'xor',
  [Alu.lsh]: 'shl',
  [Alu.rsh]: 'shrU',
  [Alu.arsh]: 'shrS',
};

export function emitAlu(e: Emitter, i: Instruction): void {
  const word = new Word(e, i);
  switch (i.opcode & 0xf0) {
    case Alu.mov:
      word.move();
      break;
    case Alu.neg:
      word.negate();
      break;
    case Alu.end:
      swap(e, i);
      break;
    case Alu.div:
      if (i.offset === 1) word.divideSigned('divS');
      else word.divide('divU');
      break;
    case Alu.mod:
      if (i.offset === 1) word.divideSigned('remS');
      else word.divide('remU');
      break;
    default:
      word.operate(OPERATIONS[i.opcode & 0xf0]!);
  }
}

/** The operands of an instruction, as wide as it has them. */
class Word {
  readonly #isWide: boolean;
  readonly #isRegister: boolean;

  constructor(
    readonly e: Emitter,
    readonly i: Instruction,
  ) {
    this.#isWide = (i.opcode & 0x07) === Class.ALU64;
    this.#isRegister = (i.opcode & Source.X) !== 0;
  }

  operate(operation: Operation): void {
    this.#left();
    this.#right();
    this.#op(operation);
    this.#finish();
  }

  move(): void {
    this.#right();
    const { code } = this.e;
    if (this.#isRegister && this.i.offset === 8) code.op(this.#isWide ? I64.extend8 : I32.extend8);
    else if (this.#isRegister && this.i.offset === 16) code.op(this.#isWide ? I64.extend16 : I32.extend16);
    else if (this.#isRegister && this.i.offset === 32) code.op(I64.extend32);
    this.#finish();
  }

  negate(): void {
    this.#constant(0);
    this.#left();
    this.#op('sub');
    this.#finish();
  }

  /** By zero the quotient is 0, and the remainder is what was divided. */
  divide(operation: 'divU' | 'remU'): void {
    this.#unlessZero(operation === 'remU', () => {
      this.#left();
      this.#right();
      this.#op(operation);
    });
  }

  /** As `divide`; the lowest number by -1 is itself, and leaves 0. */
  divideSigned(operation: 'divS' | 'remS'): void {
    const { code } = this.e;
    this.#unlessZero(operation === 'remS', () => {
      this.#right();
      this.#constant(-1);
      this.#op('eq');
      code.op(Op.if, this.#type());
      this.#constant(0);
      if (operation === 'divS') {
        this.#left();
        this.#op('sub');
      }
      code.else();
      this.#left();
      this.#right();
      // WebAssembly's remainder has no overflow, but its quotient has.
      this.#op(operation);
      code.end();
    });
  }

  #unlessZero(isRemainder: boolean, write: () => void): void {
    const { code } = this.e;
    const zero = () => (isRemainder ? this.#left() : this.#constant(0));
    if (!this.#isRegister) {
      if (this.i.imm === 0) zero();
      else write();
    } else {
      this.#right();
      this.#op('eqz');
      code.op(Op.if, this.#type());
      zero();
      code.else();
      write();
      code.end();
    }
    this.#finish();
  }

  #left(): void {
    if (this.#isWide) this.e.push(this.i.dst);
    else this.e.pushLow(this.i.dst);
  }

  #right(): void {
    if (!this.#isRegister) this.#constant(this.i.imm);
    else if (this.#isWide) this.e.push(this.i.src);
    else this.e.pushLow(this.i.src);
  }

  #constant(value: number): void {
    if (this.#isWide) this.e.code.i64(value);
    else this.e.code.i32(value);
  }

  #op(operation: Operation | 'divU' | 'divS' | 'remU' | 'remS' | 'eq' | 'eqz'): void {
    this.e.code.op(this.#isWide ? I64[operation] : I32[operation]);
  }

  #type(): Type {
    return this.#isWide ? Type.i64 : Type.i32;
  }

  #finish(): void {
    if (this.#isWide) this.e.pop(this.i.dst);
    else this.e.popLow(this.i.dst);
  }
}

/** Of the 32-bit class: to little-endian, which only cuts, or to big-endian; of the 64-bit class: always swapped. */
function swap(e: Emitter, i: Instruction): void {
  const { code } = e;
  const isSwapped = (i.opcode & 0x07) === Class.ALU64 || (i.opcode & Source.X) !== 0;
  e.push(i.dst);
  if (isSwapped) swapTop(e, i.imm);
  else if (i.imm < 64) code.i64(2n ** BigInt(i.imm) - 1n).op(I64.and);
  e.pop(i.dst);
}

/** Turns the order of the octets in the lower `bits` of what is on top; the others become zero. */
export function swapTop(e: Emitter, bits: number): void {
  const { code } = e;
  switch (bits) {
    case 16:
      code.op(I32.wrap).tee(Scratch.count).i32(8).op(I32.shl).i32(0xff00).op(I32.and);
      code.get(Scratch.count).i32(8).op(I32.shrU).i32(0xff).op(I32.and, I32.or, I64.extendI32U);
      return;
    case 32:
      code.op(I32.wrap);
      swapWord(e);
      code.op(I64.extendI32U);
      return;
    default:
      code.tee(Scratch.wide).op(I32.wrap);
      swapWord(e);
      code.op(I64.extendI32U).i64(32).op(I64.shl);
      code.get(Scratch.wide).i64(32).op(I64.shrU, I32.wrap);
      swapWord(e);
      code.op(I64.extendI32U, I64.or);
  }
}

function swapWord({ code }: Emitter): void {
  code.tee(Scratch.count).i32(8).op(I32.rotl).i32(0x00ff00ff).op(I32.and);
  code.get(Scratch.count).i32(24).op(I32.rotl).i32(0xff00ff00).op(I32.and, I32.or);
}
