// Which stores to the stack nobody reads: of a program of one function, as no other then finds its way there.
import { Alu, Class, type Instruction, isWide, Mode, Source } from '../bpf/instruction.js';
import type { ProgramSpec } from '../bpf/program.js';
import { isCall, isExit, isJump } from './analysis/analyse.js';
import { sizeOf } from './analysis/state.js';
import { argumentCountOf, without } from './liveness.js';

const STACK = 512;
const FRAME_POINTER = 10;
/** An address in the stack, but not which. */
const SOMEWHERE = 'somewhere';
/** Offset from r10; undefined: not an address in the stack. */
type Address = number | typeof SOMEWHERE | undefined;
type Registers = readonly Address[];

/** The program without stores to octets of the stack that no instruction reads, wherever it stands. */
export const withoutUnreadStores = (program: ProgramSpec): ProgramSpec =>
  without(program, unreadStores(program));

function unreadStores(program: ProgramSpec): Set<number> {
  const { instructions } = program;
  const before = addresses(program);
  const isRead = new Uint8Array(STACK);
  const unread = new Set<number>();
  const readFrom = (address: Address, length = STACK) => {
    if (address === undefined) return;
    const from = address === SOMEWHERE ? -STACK : address;
    isRead.fill(1, Math.max(0, STACK + from), Math.min(STACK, STACK + from + length));
    if (address === SOMEWHERE) isRead.fill(1);
  };
  const reached = [...before.keys()];
  for (const index of reached) {
    const i = instructions[index]!;
    const registers = before.get(index)!;
    const group = i.opcode & 7;
    const base = registers[i.src];
    if (group === Class.LDX) readFrom(typeof base === 'number' ? base + i.offset : base, sizeOf(i));
    else if (group === Class.STX && isAtomic(i))
      readFrom(registers[i.dst] === undefined ? undefined : SOMEWHERE);
    if (group === Class.STX && base !== undefined) readFrom(SOMEWHERE);
    if (!isCall(i)) continue;
    // A helper may read all that lies above what it is given, a function unknown to us what lies below, too.
    const count = argumentCountOf(i);
    for (const given of registers.slice(1, (count ?? 5) + 1))
      readFrom(count === undefined && given !== undefined ? SOMEWHERE : given);
  }
  for (const index of reached) {
    const i = instructions[index]!;
    const group = i.opcode & 7;
    if (group !== Class.ST && (group !== Class.STX || isAtomic(i))) continue;
    const base = before.get(index)![i.dst];
    if (typeof base !== 'number') continue;
    const at = STACK + base + i.offset;
    if (!isRead.subarray(at, at + sizeOf(i)).includes(1)) unread.add(index);
  }
  return unread;
}

const isAtomic = (i: Instruction): boolean => (i.opcode & 0xe0) === Mode.ATOMIC;

/** What the registers hold before each instruction that a way leads to. */
function addresses({ instructions, labels }: ProgramSpec): Map<number, Registers> {
  const before = new Map<number, Registers>();
  const waiting: number[] = [];
  const arrive = (index: number, registers: Registers) => {
    const known = before.get(index);
    const both = known ? known.map((address, n) => join(address, registers[n])) : registers;
    if (known && both.every((address, n) => address === known[n])) return;
    before.set(index, both);
    waiting.push(index);
  };
  arrive(
    0,
    Array.from({ length: 11 }, (_, n) => (n === FRAME_POINTER ? 0 : undefined)),
  );
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const i = instructions[index]!;
    if (isExit(i)) continue;
    const after = step(i, before.get(index)!);
    if (isJump(i)) arrive(labels.get(i.target!)!, after);
    if (!isJump(i) || (i.opcode & 0xf0) !== 0) arrive(index + 1, after);
  }
  return before;
}

const join = (a: Address, b: Address): Address => (a === b ? a : SOMEWHERE);

function step(i: Instruction, before: Registers): Registers {
  const after = [...before];
  switch (i.opcode & 7) {
    case Class.ALU64:
      after[i.dst] = sum(i, before);
      break;
    case Class.ALU:
    case Class.LDX:
      // A part of an address is none, and an address that was stored makes all count as read.
      after[i.dst] = undefined;
      break;
    case Class.LD:
      if (isWide(i)) after[i.dst] = undefined;
      else after.fill(undefined, 0, 6);
      break;
    case Class.JMP:
      if (isCall(i)) after.fill(undefined, 0, 6);
  }
  return after;
}

function sum(i: Instruction, before: Registers): Address {
  const isConstant = (i.opcode & Source.X) === 0;
  const operation = i.opcode & 0xf0;
  const by = isConstant ? undefined : before[i.src];
  if (operation === Alu.mov) return by;
  const have = before[i.dst];
  if (have === undefined && by === undefined) return undefined;
  const sign = operation === Alu.add ? 1 : -1;
  const isMoved = operation === Alu.add || operation === Alu.sub;
  return isMoved && isConstant && typeof have === 'number' ? have + sign * i.imm : SOMEWHERE;
}
