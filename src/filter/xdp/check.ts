// `if (bpf_skb_load_bytes(…) < 0) …` need not compare what is known where the octets were copied, and where they could not be.
import { Alu, Class, type Instruction, Source } from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/program.js';
import { type Analysis, isJump } from '../analysis/analyse.js';
import { jumpsWith } from '../condition.js';
import { EFAULT } from './frame.js';

/** The jump behind a call that tells its success from its failure. */
export interface Check {
  readonly index: number;
  readonly target: string;
  /** Does it jump after success? After failure it does not, and the other way round. */
  readonly jumpsOnSuccess: boolean;
  /** Between the call and the jump, and wanted on both ways. */
  readonly between: readonly Instruction[];
}

/** Of the call at `index`, if that jump is reached from nowhere else. */
export function checkOf(
  { instructions }: ProgramSpec,
  analysis: Analysis,
  index: number,
  isLabelled: (index: number) => boolean,
): Check | undefined {
  const between: Instruction[] = [];
  for (let at = index + 1; at < instructions.length && !isLabelled(at); at++) {
    const i = instructions[at]!;
    if (isConstant(i)) {
      between.push(i);
      continue;
    }
    const registers = analysis.registers(at);
    if (!isJump(i) || registers === undefined) return undefined;
    const jumpsOnSuccess = jumpsWith(i, 0, registers);
    const jumpsOnFailure = jumpsWith(i, -EFAULT, registers);
    if (jumpsOnSuccess === undefined || jumpsOnFailure === undefined || jumpsOnSuccess === jumpsOnFailure)
      return undefined;
    return { index: at, target: i.target!, jumpsOnSuccess, between };
  }
  return undefined;
}

/** A number into a register other than r0. */
const isConstant = (i: Instruction): boolean =>
  (i.opcode === (Class.ALU64 | Alu.mov | Source.K) || i.opcode === (Class.ALU | Alu.mov | Source.K)) &&
  i.dst !== 0;
