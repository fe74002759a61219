// Instructions as the verifier's log and bpftool write them: kernel/bpf/disasm.c, print_bpf_insn().
import { helperName } from './helper-functions.js';
import {
  Alu,
  CALL,
  Class,
  EXIT,
  type Instruction,
  isWide,
  Mode,
  Pseudo,
  PseudoCall,
  Source,
} from './instruction.js';
import { type ProgramSpec, slotsOf } from './program.js';

const SIGNS: Readonly<Record<number, string>> = {
  [Alu.add]: '+=',
  [Alu.sub]: '-=',
  [Alu.mul]: '*=',
  [Alu.div]: '/=',
  [Alu.or]: '|=',
  [Alu.and]: '&=',
  [Alu.lsh]: '<<=',
  [Alu.rsh]: '>>=',
  [Alu.mod]: '%=',
  [Alu.xor]: '^=',
  [Alu.mov]: '=',
  [Alu.arsh]: 's>>=',
};
const CONDITIONS: Readonly<Record<number, string>> = {
  16: '==',
  32: '>',
  48: '>=',
  64: '&',
  80: '!=',
  96: 's>',
  112: 's>=',
  160: '<',
  176: '<=',
  192: 's<',
  208: 's<=',
};
const ATOMICS: Readonly<Record<number, string>> = {
  [Alu.add]: 'add',
  [Alu.or]: 'or',
  [Alu.and]: 'and',
  [Alu.xor]: 'xor',
};
const MEMSX = 0x80;
const JCOND = 0xe0;
const FETCH = 0x01;
const XCHG = 0xe1;
const CMPXCHG = 0xf1;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

/** Type of the access by the size bits of the opcode. */
const unsigned = (opcode: number) => ['u32', 'u16', 'u8', 'u64'][(opcode & 0x18) >> 3]!;
const signedNumber = (n: number) => (n < 0 ? `${n}` : `+${n}`);
const hexadecimal = (n: number) => `0x${(n >>> 0).toString(16)}`;

/** One instruction. What a label stands for is written as its name, or by `distance` as the slots that it is away. */
export function disassemble(i: Instruction, distance?: (target: string) => number): string {
  switch (i.opcode & 7) {
    case Class.LD:
      return load(i, distance);
    case Class.LDX:
      return loadFrom(i);
    case Class.ST:
      return (i.opcode & 0xe0) === Mode.MEM ? `*${memory(i, i.dst)} = ${i.imm}` : unknown(i);
    case Class.STX:
      return store(i);
    case Class.JMP:
    case Class.JMP32:
      return jump(i, distance);
    default:
      return operation(i);
  }
}

/** `0: r6 = r1` … with the numbers that the verifier uses. */
export function disassembleProgram({ instructions, labels }: ProgramSpec): string[] {
  const slots = slotsOf(instructions);
  return instructions.map((i, index) => {
    const distance = (target: string) => slots[labels.get(target)!]! - slots[index]! - 1;
    return `${slots[index]}: ${disassemble(i, distance)}`;
  });
}

const memory = (i: Instruction, register: number, type = unsigned(i.opcode)) =>
  `(${type} *)(r${register} ${signedNumber(i.offset)})`;

const unknown = ({ opcode }: Instruction) => `unknown instruction 0x${opcode.toString(16).padStart(2, '0')}`;

function load(i: Instruction, distance?: (target: string) => number): string {
  const { opcode, dst, src, imm } = i;
  if (isWide(i)) return `r${dst} = ${wide(i, distance)}`;
  const mode = opcode & 0xe0;
  if (mode === Mode.ABS) return `r0 = *(${unsigned(opcode)} *)skb[${imm}]`;
  if (mode === Mode.IND) return `r0 = *(${unsigned(opcode)} *)skb[r${src} + ${imm}]`;
  return unknown(i);
}

function wide(i: Instruction, distance?: (target: string) => number): string {
  const { src, imm, high = imm < 0 ? -1 : 0, map, target } = i;
  if (src === Pseudo.MapFd && map !== undefined) return `map[${map}]`;
  if (src === Pseudo.MapValue && map !== undefined) return `map[${map}][0]+${imm}`;
  if (src === Pseudo.Function && target !== undefined)
    return `subprog[${distance ? signedNumber(distance(target)) : target}]`;
  const upper = high >>> 0;
  return upper === 0
    ? hexadecimal(imm)
    : `0x${upper.toString(16)}${(imm >>> 0).toString(16).padStart(8, '0')}`;
}

function loadFrom(i: Instruction): string {
  const mode = i.opcode & 0xe0;
  if (mode === Mode.MEM) return `r${i.dst} = *${memory(i, i.src)}`;
  if (mode === MEMSX) return `r${i.dst} = *${memory(i, i.src, unsigned(i.opcode).replace('u', 's'))}`;
  return unknown(i);
}

function store(i: Instruction): string {
  const { opcode, dst, src, imm } = i;
  const mode = opcode & 0xe0;
  if (mode === Mode.MEM) return `*${memory(i, dst)} = r${src}`;
  if (mode !== Mode.ATOMIC) return unknown(i);
  const width = unsigned(opcode) === 'u64' ? '64' : '';
  if (imm === LOAD_ACQUIRE) return `r${dst} = load_acquire(${memory(i, src)})`;
  if (imm === STORE_RELEASE) return `store_release(${memory(i, dst)}, r${src})`;
  if (imm === CMPXCHG) return `r0 = atomic${width}_cmpxchg(${memory(i, dst)}, r0, r${src})`;
  if (imm === XCHG) return `r${src} = atomic${width}_xchg(${memory(i, dst)}, r${src})`;
  const name = ATOMICS[imm & ~FETCH];
  if (name === undefined) return unknown(i);
  return imm & FETCH
    ? `r${src} = atomic${width}_fetch_${name}(${memory(i, dst)}, r${src})`
    : `lock *${memory(i, dst)} ${SIGNS[imm]} r${src}`;
}

function jump(i: Instruction, distance?: (target: string) => number): string {
  const { opcode, dst, src, imm, target } = i;
  const operation = opcode & 0xf0;
  const is32 = (opcode & 7) === Class.JMP32;
  const away = (fallback: number) => {
    if (target === undefined) return `pc${signedNumber(fallback)}`;
    return distance ? `pc${signedNumber(distance(target))}` : target;
  };
  if (operation === EXIT) return 'exit';
  if (operation === CALL) return call(i, away);
  if (operation === 0 && opcode & Source.X) return `gotox r${dst}`;
  if (operation === 0) return is32 ? `gotol ${away(imm)}` : `goto ${away(i.offset)}`;
  if (operation === JCOND) return `may_goto ${away(i.offset)}`;
  const condition = CONDITIONS[operation];
  if (condition === undefined) return unknown(i);
  const r = is32 ? 'w' : 'r';
  const right = opcode & Source.X ? `${r}${src}` : hexadecimal(imm);
  return `if ${r}${dst} ${condition} ${right} goto ${away(i.offset)}`;
}

function call({ src, imm, kfunc }: Instruction, away: (fallback: number) => string): string {
  if (src === PseudoCall.Local) return `call ${away(imm)}`;
  if (src === PseudoCall.Kfunc) return `call ${kfunc ?? `kernel-function#${imm}`}`;
  return `call ${helperName(imm) ?? 'unknown'}#${imm}`;
}

function operation(i: Instruction): string {
  const { opcode, dst, src, offset, imm } = i;
  const code = opcode & 0xf0;
  const is64 = (opcode & 7) === Class.ALU64;
  const r = is64 ? 'r' : 'w';
  if (code === Alu.neg) return `${r}${dst} = -${r}${dst}`;
  if (code === Alu.end) {
    const order = is64 ? 'bswap' : opcode & Source.X ? 'be' : 'le';
    return `r${dst} = ${order}${imm} r${dst}`;
  }
  const sign = SIGNS[code];
  if (sign === undefined) return unknown(i);
  if (!(opcode & Source.X)) return `${r}${dst} ${signed(code, offset)}${sign} ${imm}`;
  if (code === Alu.mov && offset === 1 && is64)
    return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
  const cast = code === Alu.mov && offset !== 0 ? `(s${offset})` : '';
  return `${r}${dst} ${signed(code, offset)}${sign} ${cast}${r}${src}`;
}

/** Division and remainder of signed numbers have an offset of 1. */
const signed = (code: number, offset: number) =>
  (code === Alu.div || code === Alu.mod) && offset === 1 ? 's' : '';
