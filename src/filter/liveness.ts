// What a translation makes superfluous: arguments of calls that are gone, constants that only a check compared which is gone.
import { Call } from '../bpf/asm.js';
import { CALL, Class, EXIT, type Instruction, isWide, Mode, PseudoCall, Source } from '../bpf/instruction.js';
import type { ProgramSpec } from '../bpf/program.js';
import { RX_TIMESTAMP } from './stamp.js';

/** Registers as bits. */
const bit = (register: number): number => 1 << register;
const RESULT = bit(0);
const ARGUMENTS = 0b111110;
/** Helpers that filters and what is around them call most, and how many arguments they have, <linux/bpf.h>; of others all five count as read. */
const ARGUMENT_COUNTS: Readonly<Record<number, number>> = {
  [Call.mapLookupElem]: 2,
  [Call.mapUpdateElem]: 4,
  [Call.mapDeleteElem]: 2,
  [Call.ktimeGetNs]: 0,
  [Call.getPrandomU32]: 0,
  [Call.getSmpProcessorId]: 0,
  [Call.redirectMap]: 3,
  [Call.xdpAdjustMeta]: 2,
  [Call.xdpGetBuffLen]: 1,
  [Call.xdpLoadBytes]: 4,
};
const KFUNC_ARGUMENT_COUNTS: Readonly<Record<string, number>> = { [RX_TIMESTAMP]: 2 };
/** Lost to the caller. */
const LOST = RESULT | ARGUMENTS;

/** The program without instructions that write a register which nobody reads before it is written again. */
export function withoutDeadCode(program: ProgramSpec): ProgramSpec {
  let present = program;
  for (;;) {
    const dead = deadIn(present);
    if (dead.size === 0) return present;
    present = without(present, dead);
  }
}

function deadIn({ instructions, labels }: ProgramSpec): Set<number> {
  // What is read at an instruction or behind it; swept backwards until nothing is added.
  const live = new Int32Array(instructions.length + 1);
  const dead = new Set<number>();
  for (let changed = true; changed; ) {
    changed = false;
    dead.clear();
    for (let index = instructions.length - 1; index >= 0; index--) {
      const i = instructions[index]!;
      let after = isEnd(i) ? 0 : live[index + 1]!;
      if (isJump(i)) after |= live[labels.get(i.target!)!]!;
      if (isPure(i) && (after & bit(i.dst)) === 0) dead.add(index);
      const before = dead.has(index) ? after : (after & ~written(i)) | read(i);
      changed ||= before !== live[index];
      live[index] = before;
    }
  }
  return dead;
}

const operationOf = (i: Instruction): number => i.opcode & 0xf0;
const isBranch = (i: Instruction): boolean => {
  const group = i.opcode & 7;
  return group === Class.JMP || group === Class.JMP32;
};
const isCall = (i: Instruction): boolean => isBranch(i) && operationOf(i) === CALL;
const isExit = (i: Instruction): boolean => isBranch(i) && operationOf(i) === EXIT;
const isJump = (i: Instruction): boolean => isBranch(i) && !isCall(i) && !isExit(i);
/** Nothing follows: an exit, or a jump without a condition. */
const isEnd = (i: Instruction): boolean => isExit(i) || (isJump(i) && operationOf(i) === 0);

/** It does nothing but write `dst`. */
function isPure(i: Instruction): boolean {
  const group = i.opcode & 7;
  return group === Class.ALU || group === Class.ALU64 || group === Class.LDX || isWide(i);
}

function written(i: Instruction): number {
  if (isPure(i)) return bit(i.dst);
  if (isCall(i) || (i.opcode & 7) === Class.LD) return LOST;
  return 0;
}

function read(i: Instruction): number {
  if (isExit(i)) return RESULT;
  if (isCall(i)) return argumentsOf(i);
  if (isWide(i)) return 0;
  const source = (i.opcode & Source.X) === 0 ? 0 : bit(i.src);
  switch (i.opcode & 7) {
    case Class.LD:
      return bit(6) | bit(i.src);
    case Class.LDX:
      return bit(i.src);
    case Class.ST:
      return bit(i.dst);
    case Class.STX:
      // A compare and exchange takes r0 too.
      return bit(i.dst) | bit(i.src) | ((i.opcode & 0xe0) === Mode.ATOMIC ? RESULT : 0);
    case Class.ALU:
    case Class.ALU64:
      return isMove(i) ? source : bit(i.dst) | source;
    default:
      return isEnd(i) ? 0 : bit(i.dst) | source;
  }
}

/** Of a call; undefined where it is not known. */
export const argumentCountOf = (call: Instruction): number | undefined =>
  call.src === PseudoCall.Helper ? ARGUMENT_COUNTS[call.imm] : KFUNC_ARGUMENT_COUNTS[call.kfunc ?? ''];

/** r1 up to the last argument. */
function argumentsOf(call: Instruction): number {
  const count = argumentCountOf(call);
  return count === undefined ? ARGUMENTS : (bit(count + 1) - 1) & ARGUMENTS;
}

const MOV = 0xb0;
const isMove = (i: Instruction): boolean => operationOf(i) === MOV;

/** The program without those instructions; labels move on to what follows. */
export function without(program: ProgramSpec, dead: ReadonlySet<number>): ProgramSpec {
  const places: number[] = [];
  let at = 0;
  for (let index = 0; index <= program.instructions.length; index++) {
    places.push(at);
    if (!dead.has(index)) at++;
  }
  return {
    ...program,
    instructions: program.instructions.filter((_, index) => !dead.has(index)),
    labels: new Map([...program.labels].map(([name, index]) => [name, places[index]!])),
    ...(program.functions ? { functions: program.functions.map((f) => ({ ...f, at: places[f.at]! })) } : {}),
  };
}
