import { describe, expect, test } from '@jest/globals';
import { Assembler, Call, r0, r1, r2, r6, r9, r10 } from '../../src/bpf/asm.js';
import { encode, ProgramType } from '../../src/bpf/program.js';
import { EvlnetError } from '../../src/errors.js';

const assembler = () => new Assembler('test', ProgramType.Xdp);
const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
/** The octets of what `write` appends, as llvm-objdump shows them: opcode, registers, offset, immediate. */
const written = (write: (a: Assembler) => Assembler, maps = new Map<string, number>()): string =>
  hex(encode(write(assembler()).program(), maps))
    .match(/.{16}/g)!
    .map((i) => [i.slice(0, 2), i.slice(2, 4), i.slice(4, 8), i.slice(8)].join(' '))
    .join(', ');

// Octets as clang writes them for the same line of BPF assembly.
test.each<[line: string, write: (a: Assembler) => Assembler, octets: string]>([
  ['r0 = 2', (a) => a.mov(r0, 2), 'b7 00 0000 02000000'],
  ['r6 = r1', (a) => a.mov(r6, r1), 'bf 16 0000 00000000'],
  ['r2 = -1', (a) => a.mov(r2, -1), 'b7 02 0000 ffffffff'],
  ['r2 = 4294967295 (the same octets)', (a) => a.mov(r2, 0xffff_ffff), 'b7 02 0000 ffffffff'],
  ['r2 = -2147483648', (a) => a.mov(r2, -(2 ** 31)), 'b7 02 0000 00000080'],
  ['w2 = 7', (a) => a.alu32('mov', r2, 7), 'b4 02 0000 07000000'],
  ['r1 += 14', (a) => a.alu('add', r1, 14), '07 01 0000 0e000000'],
  ['r1 -= r2', (a) => a.alu('sub', r1, r2), '1f 21 0000 00000000'],
  ['w1 *= w2', (a) => a.alu32('mul', r1, r2), '2c 21 0000 00000000'],
  ['r1 /= 3', (a) => a.alu('div', r1, 3), '37 01 0000 03000000'],
  ['r1 |= r2', (a) => a.alu('or', r1, r2), '4f 21 0000 00000000'],
  ['r3 &= 4095', (a) => a.alu('and', r2, 0xfff), '57 02 0000 ff0f0000'],
  ['r1 <<= 32', (a) => a.alu('lsh', r1, 32), '67 01 0000 20000000'],
  ['r1 >>= 16', (a) => a.alu('rsh', r1, 16), '77 01 0000 10000000'],
  ['r1 %= 10', (a) => a.alu('mod', r1, 10), '97 01 0000 0a000000'],
  ['r1 ^= r1', (a) => a.alu('xor', r1, r1), 'af 11 0000 00000000'],
  ['r1 s>>= 1', (a) => a.alu('arsh', r1, 1), 'c7 01 0000 01000000'],
  ['r2 = be16 r2', (a) => a.swap(r2, 16), 'dc 02 0000 10000000'],
  ['r2 = be32 r2', (a) => a.swap(r2, 32), 'dc 02 0000 20000000'],
  ['r2 = be64 r2', (a) => a.swap(r2, 64), 'dc 02 0000 40000000'],
  ['r2 = *(u8 *)(r6 + 12)', (a) => a.load('b', r2, r6, 12), '71 62 0c00 00000000'],
  ['r2 = *(u16 *)(r6 + 12)', (a) => a.load('h', r2, r6, 12), '69 62 0c00 00000000'],
  ['r2 = *(u32 *)(r6 + 0)', (a) => a.load('w', r2, r6, 0), '61 62 0000 00000000'],
  ['r2 = *(u64 *)(r10 - 8)', (a) => a.load('dw', r2, r10, -8), '79 a2 f8ff 00000000'],
  ['*(u32 *)(r10 - 4) = r9', (a) => a.store('w', r10, -4, r9), '63 9a fcff 00000000'],
  ['*(u8 *)(r6 + 1) = 255', (a) => a.store('b', r6, 1, 255), '72 06 0100 ff000000'],
  ['lock *(u64 *)(r0 + 8) += r1', (a) => a.atomicAdd('dw', r0, 8, r1), 'db 10 0800 00000000'],
  ['lock *(u32 *)(r0 + 0) += r1', (a) => a.atomicAdd('w', r0, 0, r1), 'c3 10 0000 00000000'],
  ['call 1', (a) => a.call(Call.mapLookupElem), '85 00 0000 01000000'],
  ['call 51', (a) => a.call(Call.redirectMap), '85 00 0000 33000000'],
  ['exit', (a) => a.exit(), '95 00 0000 00000000'],
])('%s', (_line, write, octets) => {
  expect(written(write)).toBe(octets);
});

describe('jumps:', () => {
  test.each<[condition: Parameters<Assembler['jump']>[0], imm: string, register: string]>([
    ['==', '15', '1d'],
    ['>', '25', '2d'],
    ['>=', '35', '3d'],
    ['&', '45', '4d'],
    ['!=', '55', '5d'],
    ['s>', '65', '6d'],
    ['s>=', '75', '7d'],
    ['<', 'a5', 'ad'],
    ['<=', 'b5', 'bd'],
    ['s<', 'c5', 'cd'],
    ['s<=', 'd5', 'dd'],
  ])('if r1 %s', (condition, imm, register) => {
    const to = (write: (a: Assembler) => Assembler) => written((a) => write(a).label('next'));
    expect(to((a) => a.jump(condition, r1, 5, 'next'))).toBe(`${imm} 01 0000 05000000`);
    expect(to((a) => a.jump(condition, r1, r2, 'next'))).toBe(`${register} 21 0000 00000000`);
    const wide = (opcode: string) => (Number.parseInt(opcode, 16) + 1).toString(16);
    expect(to((a) => a.jump32(condition, r1, 5, 'next'))).toBe(`${wide(imm)} 01 0000 05000000`);
    expect(to((a) => a.jump32(condition, r1, r2, 'next'))).toBe(`${wide(register)} 21 0000 00000000`);
  });

  test('an offset counts from the next instruction, forwards and back, over wide instructions twice', () => {
    const maps = new Map([['m', 3]]);
    const program = written(
      (a) =>
        a
          .label('start')
          .goto('end')
          .map(r1, 'm')
          .jump('==', r1, 0, 'start')
          .jump('!=', r1, 0, 'start')
          .goto('here')
          .label('here')
          .label('also here')
          .goto('also here')
          .label('end')
          .exit(),
      maps,
    );
    expect(program.split(', ').map((i) => i.slice(0, 10))).toEqual([
      '05 00 0600', // to the exit in slot 7
      '18 11 0000',
      '00 00 0000',
      '15 01 fcff', // from slot 3 to slot 0
      '55 01 fbff',
      '05 00 0000',
      '05 00 ffff', // to itself
      '95 00 0000',
    ]);
  });
});

describe('maps:', () => {
  const maps = new Map([
    ['vlans', 7],
    ['hidden', 0x1_0203],
  ]);
  test('a map is a wide instruction with its descriptor', () => {
    expect(written((a) => a.map(r1, 'vlans'), maps)).toBe('18 11 0000 07000000, 00 00 0000 00000000');
  });
  test('a value of a map is its descriptor and the offset into it', () => {
    expect(written((a) => a.mapValue(r2, 'hidden', 24), maps)).toBe(
      '18 22 0000 03020100, 00 00 0000 18000000',
    );
  });
});

describe('what cannot be assembled is named, with the place:', () => {
  test.each<[name: string, write: (a: Assembler) => Assembler, message: string]>([
    [
      'a label defined twice',
      (a) => a.label('a').exit().label('a'),
      'Cannot assemble "test": label "a" is defined twice (instruction 1)',
    ],
    [
      'a label that is not there',
      (a) => a.mov(r0, 0).goto('nowhere').exit(),
      'Cannot assemble "test": label "nowhere" is not defined (instruction 3)',
    ],
    [
      'an immediate over 32 bits',
      (a) => a.mov(r0, 2 ** 32),
      'Cannot assemble "test": immediate 4294967296 does not fit 32 bits (instruction 0)',
    ],
    [
      'an immediate below 32 bits',
      (a) => a.mov(r0, -(2 ** 31) - 1),
      'immediate -2147483649 does not fit 32 bits',
    ],
    ['an immediate that is no whole number', (a) => a.mov(r0, 0.5), 'immediate 0.5 does not fit 32 bits'],
    [
      'an immediate that is no number',
      (a) => a.alu('add', r0, Number.NaN),
      'immediate NaN does not fit 32 bits',
    ],
    ['an offset over 16 bits', (a) => a.load('w', r0, r1, 32768), 'offset 32768 does not fit 16 bits'],
    ['an offset below 16 bits', (a) => a.store('w', r10, -32769, 0), 'offset -32769 does not fit 16 bits'],
  ])('%s', (_name, write, message) => {
    const act = () => write(assembler()).program();
    expect(act).toThrow(EvlnetError);
    expect(act).toThrow(message);
    expect(code(act)).toBe('EVL_BPF_ASM');
  });
});

function code(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as EvlnetError).code;
  }
}

test('a program is a copy: what is appended later is not in it', () => {
  const a = assembler().mov(r0, 0).exit();
  const spec = a.program();
  a.label('later').exit();
  expect(spec).toMatchObject({ name: 'test', type: ProgramType.Xdp, license: 'GPL' });
  expect(spec.instructions).toHaveLength(2);
  expect(spec.labels.size).toBe(0);
  expect(a.program('MIT').license).toBe('MIT');
});
