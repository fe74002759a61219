// What RFC 9669 allows: known opcodes, fields that an instruction does not use zero (§4: "Unused fields SHALL be cleared
// to zero"), registers that exist, jumps that land inside.
import { EvlnetError } from '../errors.js';
import {
  Alu,
  Atomic,
  CALL,
  Class,
  EXIT,
  type Instruction,
  isWide,
  Jump,
  Mode,
  Pseudo,
  PseudoCall,
  Size,
  Source,
} from './instruction.js';
import type { ProgramSpec } from './program.js';

const LAST_REGISTER = 10;
const JUMPS: ReadonlySet<number> = new Set(Object.values(Jump));
const FETCHING = [Alu.add, Alu.or, Alu.and, Alu.xor];
const ATOMICS: ReadonlySet<number> = new Set([
  ...FETCHING,
  ...FETCHING.map((operation) => operation | Atomic.Fetch),
  Atomic.Xchg,
  Atomic.Cmpxchg,
]);
type Field = 'dst' | 'src' | 'offset' | 'imm';

/** Throws EVL_BPF_INVALID at the first instruction that no reader of RFC 9669 may run. */
export function checkInstructions(program: ProgramSpec): void {
  const { instructions, labels } = program;
  const refuse = (index: number, reason: string): never => {
    const source = instructions[index]?.source;
    const place = source === undefined ? `instruction ${index}` : `${source.file}:${source.line}`;
    throw new EvlnetError('EVL_BPF_INVALID', `Cannot run "${program.name}": ${place}: ${reason}`, {
      hint: 'compile it again with clang -O2 -target bpf -mcpu=v3',
    });
  };
  if (instructions.length === 0) refuse(0, 'there is none');
  instructions.forEach((i, index) => {
    const reason = wrong(i);
    if (reason !== undefined) refuse(index, reason);
    const to = i.target === undefined ? 0 : labels.get(i.target);
    if (to === undefined || to < 0 || to >= instructions.length) refuse(index, 'jump out of the program');
    if (wantsTarget(i) !== (i.target !== undefined)) refuse(index, 'jump without target');
  });
  const last = instructions.at(-1)!;
  if (!isExit(last) && !isGoto(last)) refuse(instructions.length - 1, 'the program runs past its end');
}

export const isExit = (i: Instruction) => i.opcode === (Class.JMP | EXIT);
export const isGoto = (i: Instruction) => i.opcode === Class.JMP || i.opcode === Class.JMP32;
export const isLocalCall = (i: Instruction) => i.opcode === (Class.JMP | CALL) && i.src === PseudoCall.Local;
export const isFunctionAddress = (i: Instruction) => isWide(i) && i.src === Pseudo.Function;
/** A jump that may or may not be taken. */
export const isBranch = (i: Instruction) => {
  const group = i.opcode & 0x07;
  return (group === Class.JMP || group === Class.JMP32) && JUMPS.has(i.opcode & 0xf0);
};
const wantsTarget = (i: Instruction) => isBranch(i) || isGoto(i) || isLocalCall(i) || isFunctionAddress(i);

/** What is wrong with the fields of `i`, if anything. */
function wrong(i: Instruction): string | undefined {
  if (i.dst > LAST_REGISTER || (i.src > LAST_REGISTER && !isWide(i)))
    return `there is no register r${Math.max(i.dst, i.src)}`;
  switch (i.opcode & 0x07) {
    case Class.ALU:
    case Class.ALU64:
      return i.dst === LAST_REGISTER ? 'r10 is read only' : wrongAlu(i);
    case Class.JMP:
    case Class.JMP32:
      return wrongJump(i);
    case Class.LDX:
      return i.dst === LAST_REGISTER ? 'r10 is read only' : wrongLoad(i);
    case Class.LD:
      return i.dst === LAST_REGISTER ? 'r10 is read only' : wrongLegacyLoad(i);
    default:
      return wrongStore(i);
  }
}

const unused = (i: Instruction, ...fields: Field[]): string | undefined => {
  const field = fields.find((f) => i[f] !== 0);
  return field === undefined ? undefined : `field "${field}" must be 0, not ${i[field]}`;
};
const unknown = (i: Instruction) => `unknown opcode 0x${i.opcode.toString(16).padStart(2, '0')}`;
const isRegister = (i: Instruction) => (i.opcode & Source.X) !== 0;
/** The operand that `opcode` does not name. */
const unusedOperand = (i: Instruction): Field => (isRegister(i) ? 'imm' : 'src');

function wrongAlu(i: Instruction): string | undefined {
  const is64 = (i.opcode & 0x07) === Class.ALU64;
  switch (i.opcode & 0xf0) {
    case 0xe0:
    case 0xf0:
      return unknown(i);
    case Alu.end:
      if (is64 && isRegister(i)) return unknown(i);
      if (i.imm !== 16 && i.imm !== 32 && i.imm !== 64) return `no swap of ${i.imm} bits`;
      return unused(i, 'src', 'offset');
    case Alu.neg:
      return isRegister(i) ? unknown(i) : unused(i, 'src', 'offset', 'imm');
    case Alu.mov:
      if (!isRegister(i)) return unused(i, 'src', 'offset');
      if (![0, 8, 16].includes(i.offset) && !(is64 && i.offset === 32)) return `no move of ${i.offset} bits`;
      return unused(i, 'imm');
    case Alu.div:
    case Alu.mod:
      // 1: signed.
      return i.offset === 1 ? unused(i, unusedOperand(i)) : unused(i, unusedOperand(i), 'offset');
    default:
      return unused(i, unusedOperand(i), 'offset');
  }
}

function wrongJump(i: Instruction): string | undefined {
  const operation = i.opcode & 0xf0;
  const is32 = (i.opcode & 0x07) === Class.JMP32;
  if (JUMPS.has(operation))
    return i.target === undefined ? 'jump without target' : unused(i, unusedOperand(i));
  // Its distance is in the other one.
  if (isGoto(i)) return unused(i, 'dst', 'src', is32 ? 'offset' : 'imm');
  if (i.opcode === (Class.JMP | EXIT)) return unused(i, 'dst', 'src', 'offset', 'imm');
  if (is32 || operation !== CALL) return unknown(i);
  if (isRegister(i)) return 'calls through a register are not of the base instruction set';
  if (i.src > PseudoCall.Kfunc) return `unknown kind of call ${i.src}`;
  return i.src === PseudoCall.Helper ? unused(i, 'dst', 'offset') : unused(i, 'dst');
}

function wrongLoad(i: Instruction): string | undefined {
  const mode = i.opcode & 0xe0;
  const isSigned = mode === Mode.MEMSX;
  if ((mode !== Mode.MEM && !isSigned) || (isSigned && (i.opcode & 0x18) === Size.dw)) return unknown(i);
  return unused(i, 'imm');
}

function wrongLegacyLoad(i: Instruction): string | undefined {
  if (isWide(i)) {
    const known =
      i.src === 0 || i.src === Pseudo.MapFd || i.src === Pseudo.MapValue || i.src === Pseudo.Function;
    if (!known) return `unknown kind of 64-bit immediate ${i.src}`;
    return unused(i, 'offset');
  }
  const mode = i.opcode & 0xe0;
  if ((mode !== Mode.ABS && mode !== Mode.IND) || (i.opcode & 0x18) === Size.dw) return unknown(i);
  return mode === Mode.ABS ? unused(i, 'dst', 'src', 'offset') : unused(i, 'dst', 'offset');
}

function wrongStore(i: Instruction): string | undefined {
  const mode = i.opcode & 0xe0;
  if ((i.opcode & 0x07) === Class.ST) return mode === Mode.MEM ? unused(i, 'src') : unknown(i);
  if (mode === Mode.MEM) return unused(i, 'imm');
  const isWord = (i.opcode & 0x18) === Size.w || (i.opcode & 0x18) === Size.dw;
  if (mode !== Mode.ATOMIC || !isWord) return unknown(i);
  return ATOMICS.has(i.imm) ? undefined : `unknown atomic operation 0x${(i.imm >>> 0).toString(16)}`;
}
