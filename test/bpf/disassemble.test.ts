// What we write for an instruction, against what the kernel's verifier writes for it in its log.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { disassemble, disassembleProgram } from '../../src/bpf/disassemble.js';
import { Alu, Class, type Instruction, Jump, Mode, Pseudo, Size, Source } from '../../src/bpf/instruction.js';
import { readObject } from '../../src/bpf/object.js';
import { ProgramType } from '../../src/bpf/program.js';
import type { EvlnetError } from '../../src/errors.js';
import { loadProgram } from '../../src/linux/bpf.js';
import { describeIf } from '../capability.js';

const instruction = (opcode: number, dst = 0, src = 0, offset = 0, imm = 0): Instruction => ({
  opcode,
  dst,
  src,
  offset,
  imm,
});
const MEMSX = 0x80;
const JCOND = 0xe0;
const EXIT: Instruction = instruction(0x95);

/** One of each kind that can stand anywhere: r0 to r5 and r7 to r9 are numbers, r6 the context, the stack has values. */
function kinds(): Instruction[] {
  const list: Instruction[] = [];
  for (const group of [Class.ALU, Class.ALU64]) {
    for (const [name, code] of Object.entries(Alu)) {
      if (name === 'end') continue;
      if (name === 'neg') {
        list.push(instruction(group | code, 3));
        continue;
      }
      for (const imm of name.endsWith('sh') ? [0, 7] : [1, 7, -1, 0x7fff_ffff])
        list.push(instruction(group | code, 3, 0, 0, imm));
      list.push(instruction(group | code | Source.X, 3, 4));
    }
    for (const code of [Alu.div, Alu.mod]) {
      list.push(instruction(group | code, 3, 0, 1, 5));
      list.push(instruction(group | code | Source.X, 3, 4, 1));
    }
    for (const bits of group === Class.ALU64 ? [8, 16, 32] : [8, 16])
      list.push(instruction(group | Alu.mov | Source.X, 3, 4, bits));
  }
  for (const bits of [16, 32, 64])
    for (const opcode of [Class.ALU | Alu.end, Class.ALU | Alu.end | Source.X, Class.ALU64 | Alu.end])
      list.push(instruction(opcode, 3, 0, 0, bits));
  for (const size of Object.values(Size)) {
    list.push(instruction(Class.LDX | Mode.MEM | size, 3, 10, -8));
    list.push(instruction(Class.STX | Mode.MEM | size, 10, 4, -8));
    list.push(instruction(Class.ST | Mode.MEM | size, 10, 0, -8, -3));
    if (size === Size.dw) continue;
    list.push(instruction(Class.LDX | MEMSX | size, 3, 10, -8));
    list.push(instruction(Class.LD | Mode.ABS | size, 0, 0, 0, 12));
    list.push(instruction(Class.LD | Mode.IND | size, 0, 7, 0, -4));
  }
  for (const size of [Size.w, Size.dw]) {
    for (const code of [Alu.add, Alu.or, Alu.and, Alu.xor])
      for (const fetch of [0, 1])
        list.push(instruction(Class.STX | Mode.ATOMIC | size, 10, 4, -8, code | fetch));
    for (const imm of [0xe1, 0xf1, 0x110])
      list.push(instruction(Class.STX | Mode.ATOMIC | size, 10, 4, -8, imm));
    list.push(instruction(Class.STX | Mode.ATOMIC | size, 3, 10, -8, 0x100));
  }
  for (const group of [Class.JMP, Class.JMP32])
    for (const code of Object.values(Jump)) {
      list.push(instruction(group | code, 3, 0, 0, -2));
      list.push(instruction(group | code | Source.X, 3, 4));
    }
  list.push(instruction(Class.JMP), instruction(Class.JMP32), instruction(Class.JMP | JCOND));
  for (const [imm, high] of [
    [5, 0],
    [-1, 1],
    [-2, -1],
  ] as const)
    list.push({ ...instruction(Class.LD | Mode.IMM | Size.dw, 3, 0, 0, imm), high });
  list.push(instruction(Class.JMP | 0x80, 0, 0, 0, 5));
  return list;
}

/** Slot → text of the instructions that the verifier went through until the last one, which it refuses. */
function verifierLog(instructions: readonly Instruction[]): Map<number, string> {
  const program = {
    name: 'kinds',
    type: ProgramType.SocketFilter,
    instructions,
    labels: new Map(),
    license: 'GPL',
  };
  try {
    loadProgram(program).close();
  } catch (error) {
    const log = String((error as EvlnetError).cause);
    return new Map(
      [...log.matchAll(/^(\d+): \([0-9a-f]{2}\) (.*?)(?:\s+;.*)?$/gm)].map(([, slot, text]) => [
        Number(slot),
        text!,
      ]),
    );
  }
  throw new Error('the kernel takes it');
}

/** Gives every register and the stack a value, so that what follows may use them. */
const prologue = [
  instruction(0xbf, 6, 1),
  ...[0, 1, 2, 3, 4, 5, 7, 8, 9].map((r) => instruction(0xb7, r, 0, 0, r)),
  instruction(Class.STX | Mode.MEM | Size.dw, 10, 4, -8),
];
/** Reads through a number. */
const refused = instruction(Class.LDX | Mode.MEM | Size.b, 0, 8);

describeIf(['root', 'bpf'])('disassemble() writes what the verifier writes', () => {
  test('for every kind of instruction', () => {
    const differ: string[] = [];
    for (const kind of kinds()) {
      const log = verifierLog([...prologue, kind, refused, EXIT]);
      const text = log.get(prologue.length);
      // An old kernel refuses what it does not know before it writes a line.
      if (text === undefined) differ.push(`not written: ${disassemble(kind)}`);
      // The log goes on in the same line where a branch is followed.
      else if (!`${text} `.startsWith(`${disassemble(kind)} `))
        differ.push(`${disassemble(kind)}  |  ${text}`);
    }
    expect(differ).toEqual([]);
  });
});

test('names stand for maps, functions and labels', () => {
  const wide = { opcode: Class.LD | Mode.IMM | Size.dw, dst: 1, offset: 0 };
  expect(disassemble({ ...wide, src: Pseudo.MapFd, imm: 0, map: 'hits' })).toBe('r1 = map[hits]');
  expect(disassemble({ ...wide, src: Pseudo.MapValue, imm: 8, map: '.bss' })).toBe('r1 = map[.bss][0]+8');
  expect(disassemble({ ...wide, src: Pseudo.Function, imm: 0, target: 'add' })).toBe('r1 = subprog[add]');
  expect(disassemble({ ...instruction(0x05), target: 'out' })).toBe('goto out');
  expect(disassemble({ ...instruction(0x85, 0, 1), target: 'octet' })).toBe('call octet');
  expect(disassemble({ ...instruction(0x85, 0, 2), kfunc: 'bpf_rcu_read_lock' })).toBe(
    'call bpf_rcu_read_lock',
  );
  expect(disassemble(instruction(0x85, 0, 0, 0, 26))).toBe('call bpf_skb_load_bytes#26');
  expect(disassemble(instruction(0x85, 0, 0, 0, 9999))).toBe('call unknown#9999');
});

test('what is no instruction is written as its opcode', () => {
  for (const opcode of [0x00, 0x8f, 0xff, 0xbe, 0xe5]) expect(disassemble(instruction(opcode))).toMatch(/./);
  expect(disassemble(instruction(0x8f))).toBe('r0 = -r0');
  expect(disassemble(instruction(0xe7))).toBe('unknown instruction 0xe7');
});

test('a program is written with slots for numbers and distances', () => {
  const file = new URL('objects/functions.o', import.meta.url);
  const [, by_sum] = readObject(readFileSync(file), 'functions.o').programs;
  const text = disassembleProgram(by_sum!);
  expect(text.slice(0, 10)).toEqual([
    '0: *(u64 *)(r10 -8) = r1',
    '1: w1 = 0',
    '2: *(u32 *)(r10 -16) = r1',
    '3: r3 = r10',
    '4: r3 += -16',
    '5: w1 = 20',
    '6: r2 = subprog[+6]',
    '8: r4 = 0',
    '9: call bpf_loop#181',
    '10: r0 = *(u32 *)(r10 -16)',
  ]);
});
