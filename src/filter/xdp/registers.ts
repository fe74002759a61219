import { type Register, r2, r3, r4, r5, r6, r7, r8, r9 } from '../../bpf/asm.js';
import { Class, type Instruction, isWide, Mode, Source } from '../../bpf/instruction.js';
import { isCall, isExit, isFrameLoad } from '../analysis/analyse.js';
import type { Held, Real } from './frame.js';

/**
 * Registers that a function leaves alone, given to what every load of the frame needs first. Those that the epilogue wants are
 * preferred; it takes them in the order data, dataEnd, context, and never overwrites one before its turn.
 */
export function heldRegisters(instructions: readonly Instruction[], calls: boolean): Held {
  const used = new Set(instructions.flatMap(registersOf));
  // Calls keep r6 to r9; where none is left, r5 too: hardly any helper that is translated has five arguments.
  const free = new Set([r9, r8, r7, r6, ...(calls ? [] : [r5])].filter((r) => !used.has(r.number)));
  const held: Partial<Record<Real, Register>> = {};
  for (const [what, wanted] of Object.entries(EPILOGUE) as [Real, Register][]) {
    const register = free.has(wanted) ? wanted : [...free].at(0);
    if (register === undefined) break;
    free.delete(register);
    held[what] = register;
  }
  return held;
}

/** Of r2, r3 and r4, which a call loses, the one that the code from `from` on leaves alone for longest. */
export function lastWritten(
  instructions: readonly Instruction[],
  from: number,
  isLabelled: (index: number) => boolean,
): Register {
  const left = [r2, r3, r4];
  for (let at = from; at < instructions.length && left.length > 1; at++) {
    const i = instructions[at]!;
    if (isLabelled(at) || isCall(i) || isExit(i) || isFrameLoad(i)) break;
    const written = left.findIndex((r) => r.number === i.dst);
    if (written !== -1 && writes(i)) left.splice(written, 1);
  }
  return left.at(-1)!;
}

/** Of those that name it as destination, not jumps and stores. */
const writes = (i: Instruction): boolean =>
  ([Class.ALU, Class.ALU64, Class.LDX] as number[]).includes(i.opcode & 7) || isWide(i);

/** Where the epilogue has them. */
export const EPILOGUE: Readonly<Record<Real, Register>> = { data: r7, dataEnd: r5, context: r6 };

/** Registers that it names; calls take theirs by rule. */
function registersOf(i: Instruction): number[] {
  if (isCall(i) || isExit(i)) return [];
  if (isFrameLoad(i)) return (i.opcode & 0xe0) === Mode.IND ? [6, i.src] : [6];
  const group = i.opcode & 7;
  if (isWide(i) || group === Class.ST) return [i.dst];
  if (group === Class.LDX || group === Class.STX) return [i.dst, i.src];
  return (i.opcode & Source.X) === 0 ? [i.dst] : [i.dst, i.src];
}
