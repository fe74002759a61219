// The assembly of the bpf_conformance suite, as its files have it: `mov32 %r1, -1`, `ldxw %r0, [%r1+4]`, `lock fetch add [%r10-8], %r1`.
import {
  Alu,
  Atomic,
  CALL,
  Class,
  EXIT,
  type Instruction,
  Jump,
  Mode,
  PseudoCall,
  Size,
  Source,
} from '../../src/bpf/instruction.js';
import { type FunctionSpec, type ProgramSpec, ProgramType } from '../../src/bpf/program.js';

const OPERATIONS: Record<string, { operation: number; isSigned?: boolean }> = {
  ...Object.fromEntries(Object.entries(Alu).map(([name, operation]) => [name, { operation }])),
  sdiv: { operation: Alu.div, isSigned: true },
  smod: { operation: Alu.mod, isSigned: true },
};
const CONDITIONS: Record<string, number> = {
  jeq: Jump['=='],
  jne: Jump['!='],
  jgt: Jump['>'],
  jge: Jump['>='],
  jlt: Jump['<'],
  jle: Jump['<='],
  jset: Jump['&'],
  jsgt: Jump['s>'],
  jsge: Jump['s>='],
  jslt: Jump['s<'],
  jsle: Jump['s<='],
};
const ATOMICS: Record<string, number> = {
  add: Atomic.Add,
  or: Atomic.Or,
  and: Atomic.And,
  xor: Atomic.Xor,
  xchg: Atomic.Xchg,
  cmpxchg: Atomic.Cmpxchg,
};

/** Throws an Error for what is no such text. */
export function assembleConformance(text: string): ProgramSpec {
  const instructions: Instruction[] = [];
  const labels = new Map<string, number>();
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    const label = /^(\w+):$/.exec(line)?.[1];
    if (label !== undefined) labels.set(label, instructions.length);
    else {
      // The first one is where a jump to `exit` goes.
      if (line === 'exit' && !labels.has('exit')) labels.set('exit', instructions.length);
      instructions.push(instruction(line));
    }
  }
  // A distance instead of a label: no file has a 64-bit immediate in between.
  instructions.forEach(({ target }, index) => {
    if (target === undefined || !/^[+-]\d+$/.test(target)) return;
    const to = index + 1 + Number(target);
    labels.set(`at ${to}`, to);
    instructions[index] = { ...instructions[index]!, target: `at ${to}` };
  });
  for (const { target } of instructions)
    if (target !== undefined && !labels.has(target)) throw new Error(`label "${target}" is not defined`);
  const called = instructions.flatMap((i) =>
    i.src === PseudoCall.Local && i.opcode === (Class.JMP | CALL) ? [i.target!] : [],
  );
  const functions: FunctionSpec[] = [...new Set(called)]
    .map((name) => ({ name, at: labels.get(name)!, isGlobal: false }))
    .sort((a, b) => a.at - b.at);
  return {
    name: 'entry',
    type: ProgramType.SocketFilter,
    instructions,
    labels,
    license: 'GPL',
    functions: [{ name: 'entry', at: 0, isGlobal: true }, ...functions],
  };
}

function instruction(line: string): Instruction {
  const [, mnemonic, rest] = /^(\w+)\s*(.*)$/.exec(line) ?? [];
  const operands = rest === '' ? [] : rest!.split(',').map((o) => o.trim());
  const wants = (count: number) => {
    if (operands.length !== count)
      throw new Error(`"${line}": ${operands.length} operands instead of ${count}`);
  };
  const base = { dst: 0, src: 0, offset: 0, imm: 0 };
  const word = /^(.*?)(32)?$/.exec(mnemonic!)!;
  const name = word[1]!;
  const is32 = word[2] !== undefined;

  if (mnemonic === 'exit') {
    wants(0);
    return { ...base, opcode: Class.JMP | EXIT };
  }
  if (mnemonic === 'lddw') {
    wants(2);
    const value = BigInt.asIntN(64, number(operands[1]!));
    const [imm, high] = [Number(BigInt.asIntN(32, value)), Number(value >> 32n)];
    return { ...base, opcode: Class.LD | Mode.IMM | Size.dw, dst: register(operands[0]!), imm, high };
  }
  if (mnemonic === 'call') {
    wants(1);
    const [, local] = /^local\s+(\w+)$/.exec(operands[0]!) ?? [];
    if (local !== undefined)
      return { ...base, opcode: Class.JMP | CALL, src: PseudoCall.Local, target: local };
    if (operands[0]!.startsWith('%'))
      return { ...base, opcode: Class.JMP | CALL | Source.X, dst: register(operands[0]!) };
    return { ...base, opcode: Class.JMP | CALL, imm: immediate(operands[0]!) };
  }
  if (name === 'ja') {
    wants(1);
    return { ...base, opcode: is32 ? Class.JMP32 : Class.JMP, target: operands[0]! };
  }
  if (mnemonic === 'lock') return atomic(line, rest!);
  const swap = /^(be|le|bswap|swap)(16|32|64)$/.exec(mnemonic!);
  if (swap) {
    wants(1);
    const group = swap[1]!.endsWith('swap') ? Class.ALU64 : Class.ALU;
    const opcode = group | Alu.end | (swap[1] === 'be' ? Source.X : Source.K);
    return { ...base, opcode, dst: register(operands[0]!), imm: Number(swap[2]) };
  }
  const extension = /^movsx(8|16|32)(32|64)$/.exec(mnemonic!);
  if (extension) {
    wants(2);
    const group = extension[2] === '64' ? Class.ALU64 : Class.ALU;
    const registers = { dst: register(operands[0]!), src: register(operands[1]!) };
    return { ...base, ...registers, opcode: group | Alu.mov | Source.X, offset: Number(extension[1]) };
  }
  const load = /^ldx(s?)(b|h|w|dw)$/.exec(mnemonic!);
  if (load) {
    wants(2);
    const mode = load[1] === 's' ? Mode.MEMSX : Mode.MEM;
    const at = memory(operands[1]!);
    const opcode = Class.LDX | mode | Size[load[2] as Size];
    return { ...base, opcode, dst: register(operands[0]!), src: at.register, offset: at.offset };
  }
  const store = /^st(x?)(b|h|w|dw)$/.exec(mnemonic!);
  if (store) {
    wants(2);
    const at = memory(operands[0]!);
    const where = { dst: at.register, offset: at.offset };
    const size = Mode.MEM | Size[store[2] as Size];
    return store[1] === 'x'
      ? { ...base, ...where, opcode: Class.STX | size, src: register(operands[1]!) }
      : { ...base, ...where, opcode: Class.ST | size, imm: immediate(operands[1]!) };
  }
  const condition = CONDITIONS[name];
  if (condition !== undefined) {
    wants(3);
    const opcode = (is32 ? Class.JMP32 : Class.JMP) | condition;
    return { ...base, ...right(opcode, operands[1]!), dst: register(operands[0]!), target: operands[2]! };
  }
  const alu = OPERATIONS[name];
  if (alu === undefined || name === 'end') throw new Error(`"${line}": unknown mnemonic`);
  const opcode = (is32 ? Class.ALU : Class.ALU64) | alu.operation;
  if (name === 'neg') {
    wants(1);
    return { ...base, opcode, dst: register(operands[0]!) };
  }
  wants(2);
  return {
    ...base,
    ...right(opcode, operands[1]!),
    dst: register(operands[0]!),
    offset: alu.isSigned ? 1 : 0,
  };
}

function atomic(line: string, rest: string): Instruction {
  const match = /^(fetch\s+)?(\w+?)(32)?\s+(\[[^\]]+\])\s*,\s*(%r\d+)$/.exec(rest);
  const operation = ATOMICS[match?.[2] ?? ''];
  if (!match || operation === undefined) throw new Error(`"${line}": no such atomic operation`);
  const at = memory(match[4]!);
  return {
    opcode: Class.STX | Mode.ATOMIC | (match[3] === undefined ? Size.dw : Size.w),
    dst: at.register,
    src: register(match[5]!),
    offset: at.offset,
    imm: operation | (match[1] === undefined ? 0 : Atomic.Fetch),
  };
}

function right(opcode: number, operand: string): { opcode: number; src: number; imm: number } {
  return operand.startsWith('%')
    ? { opcode: opcode | Source.X, src: register(operand), imm: 0 }
    : { opcode, src: 0, imm: immediate(operand) };
}

function register(text: string): number {
  const n = Number(/^%r(\d+)$/.exec(text)?.[1] ?? -1);
  if (n < 0 || n > 10) throw new Error(`"${text}" is no register`);
  return n;
}

function memory(text: string): { register: number; offset: number } {
  const match = /^\[\s*(%r\d+)\s*(?:([+-])\s*(\w+))?\s*\]$/.exec(text);
  if (!match) throw new Error(`"${text}" is no place in memory`);
  const offset = Number(number(match[3] ?? '0')) * (match[2] === '-' ? -1 : 1);
  if (offset < -0x8000 || offset > 0x7fff) throw new Error(`offset ${offset} does not fit 16 bits`);
  return { register: register(match[1]!), offset };
}

/** Hexadecimal is the octets as they are, decimal a number with its sign. */
function immediate(text: string): number {
  const value = number(text);
  const last = text.includes('0x') ? 0xffff_ffffn : 0x7fff_ffffn;
  if (value < -0x8000_0000n || value > last) throw new Error(`"${text}" does not fit 32 bits`);
  return Number(BigInt.asIntN(32, value));
}

function number(text: string): bigint {
  if (!/^-?(0x[\da-f]+|\d+)$/i.test(text)) throw new Error(`"${text}" is no number`);
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}
