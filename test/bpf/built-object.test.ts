// Object files that no compiler makes: of other tools, broken in one place, or made to cost time or memory.
import { describe, expect, test } from '@jest/globals';
import { readObject } from '../../src/bpf/object.js';
import type { EvlnetError } from '../../src/errors.js';
import {
  buildBtf,
  buildObject,
  buildRelocations,
  code,
  type SectionFields,
  type SymbolFields,
} from './build-object.js';

const EXECUTABLE = 4;
const FUNC = 2;
const OBJECT = 1;
const RET = 'b700000001000000 9500000000000000';
const socket = (text: string): SectionFields => ({ name: 'socket', flags: EXECUTABLE, octets: code(text) });
const func = (name: string, section = 1, value = 0, size = 0): SymbolFields => ({
  name,
  type: FUNC,
  section,
  value,
  size,
});

const read = (sections: readonly SectionFields[], symbols: readonly SymbolFields[]) =>
  readObject(buildObject(sections, symbols), 'x.o');

function refusal(sections: readonly SectionFields[], symbols: readonly SymbolFields[]): string {
  try {
    read(sections, symbols);
  } catch (error) {
    expect((error as EvlnetError).code).toBe('EVL_OBJECT_FILE');
    return (error as EvlnetError).message.replace('Cannot read "x.o": ', '');
  }
  throw new Error('it was read');
}

test('the smallest object is a section with a function', () => {
  const { programs, license, btf } = read([socket(RET)], [func('f')]);
  expect(programs).toMatchObject([{ name: 'f', section: 'socket', type: 1 }]);
  expect(programs[0]!.instructions).toEqual([
    { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 1 },
    { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 },
  ]);
  expect([license, btf]).toEqual(['', undefined]);
});

test('far jumps, may_goto and calls without relocation get labels', () => {
  const text = `0600000001000000 b700000000000000 e500010000000000 8510000001000000 9500000000000000 ${RET}`;
  const [program] = read(
    [socket(text)],
    [func('f', 1, 0, 40), { ...func('g', 1, 40), isLocal: true }],
  ).programs;
  expect(program!.instructions.map((i) => i.target)).toEqual([
    'f+2',
    undefined,
    'f+4',
    'g',
    undefined,
    undefined,
    undefined,
  ]);
  expect([...program!.labels]).toEqual([
    ['f', 0],
    ['f+2', 2],
    ['f+4', 4],
    ['g', 5],
  ]);
});

test('the addend of RELA counts in the place of what stands in the instruction', () => {
  const data: SectionFields = { name: '.data', octets: new Uint8Array(16) };
  const rela: SectionFields = {
    name: '.relasocket',
    type: 4,
    info: 1,
    octets: buildRelocations([{ offset: 0, type: 1, symbol: 2, addend: 12 }]),
  };
  const { programs } = read(
    [socket(`18010000 63000000 00000000 00000000 ${RET}`), data, rela],
    [func('f'), { name: 'd', type: OBJECT, section: 2 }],
  );
  expect(programs[0]!.instructions[0]).toMatchObject({ map: '.data', imm: 12, src: 2 });
});

test('two static functions of one name are told apart', () => {
  const text = `8510000001000000 8510000002000000 ${RET} ${RET}`;
  const twin = (value: number) => ({ ...func('twin', 1, value, 16), isLocal: true });
  // The entry ends in the first of them here; what counts is the names.
  const { programs } = read([socket(text)], [func('f', 1, 0, 16), twin(16), twin(32)]);
  expect(programs[0]!.functions!.map((f) => f.name)).toEqual(['f', 'twin', 'twin.2']);
});

describe('is refused:', () => {
  const call = (offset: number) => ({
    name: '.relsocket',
    type: 9,
    info: 1,
    octets: buildRelocations([{ offset, type: 10, symbol: 2 }]),
  });
  test.each<[what: string, sections: SectionFields[], symbols: SymbolFields[], message: string]>([
    ['no section but the empty one', [], [], 'it has no program'],
    [
      'functions in .text alone',
      [{ ...socket(RET), name: '.text' }],
      [func('f')],
      'its functions are no programs',
    ],
    ['half an instruction', [socket('b7000000')], [func('f')], 'function "f" is from octet 0 to 4'],
    [
      'a function beyond its section',
      [socket(RET)],
      [func('f', 1, 0, 800)],
      'function "f" is from octet 0 to 800',
    ],
    [
      'functions over each other',
      [socket(RET)],
      [func('f', 1, 0, 16), func('g', 1, 8, 8)],
      'function "g" is from octet 8',
    ],
    [
      'half a wide immediate',
      [socket('1800000000000000')],
      [func('f')],
      'function "f": instruction 0 is half',
    ],
    [
      'a jump out of the function',
      [socket(`0500090000000000 ${RET}`)],
      [func('f')],
      'it jumps to where no instruction',
    ],
    [
      'a jump into a wide immediate',
      [socket(`0500010000000000 1800000000000000 0000000000000000 ${RET}`)],
      [func('f')],
      'it jumps to where no instruction',
    ],
    ['a call to nowhere', [socket(`8510000009000000 ${RET}`)], [func('f')], 'no function starts at octet 80'],
    [
      'a map by number',
      [socket(`1811000005000000 0000000000000000 ${RET}`)],
      [func('f')],
      'it refers to something without a name',
    ],
    [
      'a kernel function by number',
      [socket(`8520000005000000 ${RET}`)],
      [func('f')],
      'it calls a function without a name',
    ],
    [
      'a call to a variable',
      [socket(`85100000ffffffff ${RET}`), { name: '.data', octets: new Uint8Array(8) }, call(0)],
      [func('f'), { name: 'd', type: OBJECT, section: 2 }],
      'it calls "d", which is no function',
    ],
    [
      'a call relocation elsewhere',
      [socket(RET), call(0)],
      [func('f'), func('g', 0)],
      'a relocation of type 10',
    ],
    ['a label in a name', [socket(RET)], [func('f+1')], '"f+1" cannot be the name of a function'],
  ])('%s', (_what, sections, symbols, message) => {
    expect(refusal(sections, symbols)).toContain(message);
  });
});

describe('comes to an end soon:', () => {
  const MAP_STRUCT = 0x0400_0000;
  /** `struct m { … values }` in .maps, whose values point to `element`. */
  const nested = (element: number) => {
    const strings = new TextEncoder().encode('\0.maps\0m\0values\0');
    // 1 struct, 2 variable, 3 section, 4 array, 5 pointer to `element`, 6 int.
    const types = [
      ...[0, MAP_STRUCT | 1, 8, 9, 4, 0],
      ...[7, 0x0e00_0000, 1, 1],
      ...[1, 0x0f00_0001, 8, 2, 0, 8],
      ...[0, 0x0300_0000, 0, 5, 6, 1],
      ...[0, 0x0200_0000, element],
      ...[7, 0x0100_0000, 4, 32],
    ];
    return buildBtf(types, strings);
  };
  const withBtf = (btf: Uint8Array): SectionFields[] => [
    socket(RET),
    { name: '.maps', octets: new Uint8Array(8) },
    { name: '.BTF', octets: btf },
  ];
  const symbols = [func('f'), { name: 'm', type: OBJECT, section: 2, size: 8 }];

  test('a map of maps of itself', () => {
    expect(refusal(withBtf(nested(1)), symbols)).toContain('are maps of maps themselves');
  });

  test('a pointer to itself, and an array of itself', () => {
    expect(refusal(withBtf(nested(5)), symbols)).toContain('is not declared as a struct');
    const loop = buildBtf([0, 0x0800_0000, 2, 0, 0x0800_0000, 1], new TextEncoder().encode('\0'));
    expect(read([socket(RET), { name: '.BTF', octets: loop }], [func('f')]).btf!.count).toBe(3);
    expect(() => read([socket(RET), { name: '.BTF', octets: loop }], [func('f')]).btf!.resolve(1)).toThrow(
      'refers to itself',
    );
  });

  test('60,000 sections with relocations for one', () => {
    const tables = Array.from({ length: 60_000 }, () => ({ name: '.rel', type: 9, info: 1 }));
    expect(read([socket(RET), ...tables], [func('f')]).programs).toHaveLength(1);
  });

  test('60,000 functions of one name', () => {
    const many = Array.from({ length: 60_000 }, (_, n) => ({
      ...func('g', 1, 16 + n * 8, 8),
      isLocal: true,
    }));
    const octets = new Uint8Array(16 + many.length * 8);
    octets.set(code(RET));
    const { programs } = read([{ ...socket(RET), octets }], [func('f', 1, 0, 16), ...many]);
    expect(programs[0]!.instructions).toHaveLength(2);
  });

  test('60,000 programs', () => {
    const many = Array.from({ length: 60_000 }, (_, n) => func(`g${n}`, 1, n * 8, 8));
    const section = { ...socket(RET), octets: new Uint8Array(many.length * 8) };
    expect(refusal([section], many)).toBe('it has 60000 programs');
  });

  test('programs that share one long function', () => {
    const length = 20_000;
    const octets = new Uint8Array(length * 8 + 100 * 16);
    const entries = Array.from({ length: 100 }, (_, n) => {
      const at = length * 8 + n * 16;
      octets.set([0x85, 0x10], at);
      new DataView(octets.buffer).setInt32(at + 4, -(at / 8) - 1, true);
      return func(`p${n}`, 1, at, 16);
    });
    const long = { ...func('long', 1, 0, length * 8), isLocal: true };
    expect(refusal([{ ...socket(RET), octets }], [long, ...entries])).toContain(
      'more than 1,000,000 instructions',
    );
  });

  test('names that end in one another', () => {
    const strings = new Uint8Array(300_000).fill(0x61);
    strings[0] = 0;
    const symbols = Array.from({ length: 100_000 }, () => ({ name: '', type: OBJECT, section: 1 }));
    const file = buildObject([socket(RET)], symbols);
    // The symbols' names lie in a table of their own, each a little later in one long string.
    const long = buildObject([socket(RET), { name: 'long', type: 3, octets: strings }], symbols);
    const view = new DataView(long.buffer);
    const symtab = 64 + 3 * 64;
    view.setUint32(symtab + 40, 2, true);
    const at = Number(view.getBigUint64(symtab + 24, true));
    for (let n = 0; n < symbols.length; n++) view.setUint32(at + (n + 1) * 24, 1 + n, true);
    expect(() => readObject(long, 'x.o')).toThrow('the names of its symbols have more text than is in them');
    expect(() => readObject(file, 'x.o')).toThrow('its functions are no programs');
  });
});
