// RFC 9669 §5: loads, stores and atomic operations, which need nothing special where one thread runs.
import { Alu, Atomic, Class, type Instruction, Mode } from '../../bpf/instruction.js';
import { sizeOf } from '../analysis/state.js';
import type { Emitter } from './emitter.js';
import { Scratch } from './emitter.js';
import { I64, Op } from './opcode.js';

const LOADS: Readonly<Record<number, number>> = {
  1: I64.load8u,
  2: I64.load16u,
  4: I64.load32u,
  8: I64.load,
};
const SIGNED: Readonly<Record<number, number>> = { 1: I64.load8s, 2: I64.load16s, 4: I64.load32s };
const STORES: Readonly<Record<number, number>> = {
  1: I64.store8,
  2: I64.store16,
  4: I64.store32,
  8: I64.store,
};
export const loadOf = (size: number) => LOADS[size]!;
export const storeOf = (size: number) => STORES[size]!;

export function emitLoad(e: Emitter, i: Instruction): void {
  const size = sizeOf(i);
  const at = e.address(i.src, i.offset, size, false);
  e.code.access((i.opcode & 0xe0) === Mode.MEMSX ? SIGNED[size]! : loadOf(size), at);
  e.pop(i.dst);
}

export function emitStore(e: Emitter, i: Instruction): void {
  const size = sizeOf(i);
  const at = e.address(i.dst, i.offset, size, true);
  if ((i.opcode & 0x07) === Class.STX) e.push(i.src);
  else e.code.i64(i.imm);
  e.code.access(storeOf(size), at);
}

const OPERATIONS: Readonly<Record<number, number>> = {
  [Alu.add]: I64.add,
  [Alu.or]: I64.or,
  [Alu.and]: I64.and,
  [Alu.xor]: I64.xor,
};

export function emitAtomic(e: Emitter, i: Instruction): void {
  const { code } = e;
  const size = sizeOf(i);
  const at = e.address(i.dst, i.offset, size, true);
  code.tee(Scratch.at).access(loadOf(size), at).set(Scratch.wider).get(Scratch.at);
  switch (i.imm) {
    case Atomic.Xchg:
      e.push(i.src);
      break;
    case Atomic.Cmpxchg:
      e.push(i.src).get(Scratch.wider).get(Scratch.wider);
      e.push(0);
      if (size === 4) code.i64(0xffffffff).op(I64.and);
      code.op(I64.eq, Op.select);
      break;
    default:
      code.get(Scratch.wider);
      e.push(i.src).op(OPERATIONS[i.imm & ~Atomic.Fetch]!);
  }
  code.access(storeOf(size), at);
  if ((i.imm & Atomic.Fetch) === 0) return;
  code.get(Scratch.wider);
  e.pop(i.imm === Atomic.Cmpxchg ? 0 : i.src);
}
