import { type Register, r5, r6, r7, r8, r9 } from '../../bpf/asm.js';
import { Class, type Instruction, isWide, Mode, Source } from '../../bpf/instruction.js';
import { isCall, isExit, isFrameLoad } from '../analysis/analyse.js';
import type { Held } from './frame.js';

/** Registers that a function leaves alone, given to what every load of the frame needs first. */
export function heldRegisters(instructions: readonly Instruction[], calls: boolean): Held {
  const used = new Set(instructions.flatMap(registersOf));
  // Calls keep r6 to r9; where none is left, r5 too: hardly any helper that is translated has five arguments.
  const free = [r9, r8, r7, r6, ...(calls ? [] : [r5])].filter((r) => !used.has(r.number));
  const [data, dataEnd, context] = free;
  return { ...named('data', data), ...named('dataEnd', dataEnd), ...named('context', context) };
}

const named = (name: keyof Held, register: Register | undefined): Held =>
  register === undefined ? {} : { [name]: register };

/** Registers that it names; calls take theirs by rule. */
function registersOf(i: Instruction): number[] {
  if (isCall(i) || isExit(i)) return [];
  if (isFrameLoad(i)) return (i.opcode & 0xe0) === Mode.IND ? [6, i.src] : [6];
  const group = i.opcode & 7;
  if (isWide(i) || group === Class.ST) return [i.dst];
  if (group === Class.LDX || group === Class.STX) return [i.dst, i.src];
  return (i.opcode & Source.X) === 0 ? [i.dst] : [i.dst, i.src];
}
