// Conditional jumps, RFC 9669 §4.3, with both operands known.
import { Class, type Instruction, Jump, Source } from '../bpf/instruction.js';
import type { Value } from './analysis/value.js';

const OUTCOMES = new Map<number, (a: bigint, b: bigint, signed: (x: bigint) => bigint) => boolean>([
  [Jump['=='], (a, b) => a === b],
  [Jump['!='], (a, b) => a !== b],
  [Jump['&'], (a, b) => (a & b) !== 0n],
  [Jump['>'], (a, b) => a > b],
  [Jump['>='], (a, b) => a >= b],
  [Jump['<'], (a, b) => a < b],
  [Jump['<='], (a, b) => a <= b],
  [Jump['s>'], (a, b, signed) => signed(a) > signed(b)],
  [Jump['s>='], (a, b, signed) => signed(a) >= signed(b)],
  [Jump['s<'], (a, b, signed) => signed(a) < signed(b)],
  [Jump['s<='], (a, b, signed) => signed(a) <= signed(b)],
]);

/** Does it jump, with that in r0 and what is known of the other registers? Undefined: cannot be said, or it does not look at r0. */
export function jumpsWith(i: Instruction, r0: number, registers: readonly Value[]): boolean | undefined {
  const group = i.opcode & 7;
  if (group !== Class.JMP && group !== Class.JMP32) return undefined;
  const outcome = OUTCOMES.get(i.opcode & 0xf0);
  const isImmediate = (i.opcode & Source.X) === 0;
  if (outcome === undefined || (i.dst !== 0 && (isImmediate || i.src !== 0))) return undefined;
  const operand = (register: number): number | undefined => {
    const value = registers[register]!;
    return register === 0 ? r0 : value.kind === 'constant' ? value.value : undefined;
  };
  const a = operand(i.dst);
  const b = isImmediate ? i.imm : operand(i.src);
  if (a === undefined || b === undefined) return undefined;
  const bits = group === Class.JMP32 ? 32 : 64;
  const octets = (x: number) => BigInt.asUintN(bits, BigInt(x));
  return outcome(octets(a), octets(b), (x) => BigInt.asIntN(bits, x));
}
