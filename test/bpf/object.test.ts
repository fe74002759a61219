// The objects of test/bpf/objects, read.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Instruction } from '../../src/bpf/instruction.js';
import { type ObjectSpec, readObject } from '../../src/bpf/object.js';
import { MapType, ProgramType } from '../../src/bpf/program.js';

const object = (name: string): ObjectSpec =>
  readObject(readFileSync(new URL(`objects/${name}.o`, import.meta.url)), `${name}.o`);
/** What the instructions of the first program refer to, in their order. */
const references = (spec: ObjectSpec, of: keyof Instruction) =>
  spec.programs[0]!.instructions.map((i) => i[of]).filter((name) => name !== undefined);

test('maps have the sizes of their types, also those that are static', () => {
  const spec = object('maps');
  expect([...spec.maps.values()]).toEqual([
    { name: 'totals', type: MapType.PercpuArray, keySize: 4, valueSize: 16, maxEntries: 4 },
    { name: 'hidden', type: MapType.Array, keySize: 4, valueSize: 24, maxEntries: 8 },
    { name: 'allowed', type: MapType.Hash, keySize: 8, valueSize: 8, maxEntries: 512, flags: 1 },
    { name: 'events', type: MapType.Ringbuf, keySize: 0, valueSize: 0, maxEntries: 4096 },
  ]);
  expect(references(spec, 'map')).toEqual(['totals', 'hidden', 'allowed']);
  expect(spec.license).toBe('GPL');
  expect(spec.notes.map((n) => n.text)).toEqual([expect.stringContaining('map "totals" is not pinned')]);
});

test('the older maps are read as well', () => {
  const spec = object('legacy');
  expect([...spec.maps.values()]).toEqual([
    { name: 'first', type: MapType.Array, keySize: 4, valueSize: 8, maxEntries: 2 },
    { name: 'second', type: MapType.Hash, keySize: 2, valueSize: 4, maxEntries: 100, flags: 1 },
  ]);
  expect(references(spec, 'map')).toEqual(['second', 'first']);
  expect(spec.license).toBe('Dual MIT/GPL');
});

test('maps of maps and of programs know what is in them from the start', () => {
  const { maps } = object('nested-maps');
  const inner = { name: 'inner', type: MapType.Array, keySize: 4, valueSize: 4, maxEntries: 4 };
  expect(maps.get('by_kind')).toMatchObject({
    type: MapType.ArrayOfMaps,
    valueSize: 4,
    maxEntries: 3,
    inner,
  });
  expect([...maps.get('by_kind')!.slots!]).toEqual([
    [0, 'first'],
    [2, 'second'],
  ]);
  expect(maps.get('programs')).toMatchObject({ type: MapType.ProgArray, keySize: 4, valueSize: 4 });
  expect([...maps.get('programs')!.slots!]).toEqual([[1, 'last']]);
});

test('programs are listed by section, each with the functions that it reaches and no others', () => {
  const programs = object('functions').programs.map(({ name, section, type, functions }) => ({
    name,
    section,
    type,
    functions: functions!.map((f) => f.name),
  }));
  expect(programs).toEqual([
    {
      name: 'by_protocol',
      section: 'socket',
      type: ProgramType.SocketFilter,
      functions: ['by_protocol', 'version', 'protocol', 'octet'],
    },
    {
      name: 'by_sum',
      section: 'socket',
      type: ProgramType.SocketFilter,
      functions: ['by_sum', 'add', 'octet'],
    },
    {
      name: 'by_length',
      section: 'socket/length',
      type: ProgramType.SocketFilter,
      functions: ['by_length', 'tail', 'length', 'octet'],
    },
    {
      name: 'by_any',
      section: 'socket/any',
      type: ProgramType.SocketFilter,
      functions: ['by_any', 'any', 'octet'],
    },
    { name: 'all', section: 'xdp', type: ProgramType.Xdp, functions: ['all'] },
  ]);
});

test('a function is global if others may call it, and hidden ones are not', () => {
  const [first, , third] = object('functions').programs;
  const global = (p: typeof first) => p!.functions!.filter((f) => f.isGlobal).map((f) => f.name);
  expect(global(first)).toEqual(['by_protocol', 'version', 'protocol']);
  expect(global(third)).toEqual(['by_length']);
});

test('every label stands before an instruction, and every target has one', () => {
  for (const name of ['maps', 'functions', 'globals', 'nested-maps'])
    for (const { instructions, labels } of object(name).programs) {
      for (const at of labels.values()) expect(instructions[at]).toBeDefined();
      for (const { target } of instructions) if (target !== undefined) expect(labels.has(target)).toBe(true);
    }
});

test('global variables are in one map a section, and instructions know the octet', () => {
  const spec = object('globals');
  const hex = (name: string) => Buffer.from(spec.maps.get(name)!.contents!).toString('hex');
  expect([...spec.maps.keys()]).toEqual(['.rodata', '.data', '.data.quota', '.bss']);
  expect(hex('.rodata')).toBe(`8813${'00000001000000020000000003000000'}6672616d652025640a00`);
  expect(hex('.data')).toBe('e8030000');
  expect(hex('.data.quota')).toBe('0a000000140000001e000000');
  expect(hex('.bss')).toBe('00'.repeat(40));
  expect([...spec.maps.values()].filter((m) => m.isReadOnly).map((m) => m.name)).toEqual(['.rodata']);
  const at = spec.programs[0]!.instructions.filter((i) => i.map !== undefined).map(
    (i) => `${i.map}+${i.imm}`,
  );
  expect(at).toContain('.rodata+18');
  expect(at).toContain('.bss+8');
});

test('functions of the kernel keep their names', () => {
  expect(references(object('kfunc'), 'kfunc')).toEqual(['bpf_rcu_read_lock', 'bpf_rcu_read_unlock']);
});

test('instructions know their line', () => {
  const { instructions } = object('maps').programs[0]!;
  const source = instructions.find((i) => i.map === 'totals')?.source;
  expect(source).toMatchObject({
    file: './maps.c',
    line: 51,
    text: expect.stringContaining('bpf_map_lookup_elem(&totals'),
  });
  expect(instructions.every((i) => i.source !== undefined)).toBe(true);
});

test('what CO-RE would have asked the kernel is noted, but for packets and __sk_buff', () => {
  expect(object('core').notes).toEqual([
    {
      text: expect.stringContaining('struct sk_buff'),
      source: expect.objectContaining({ file: './core.c', line: 18 }),
    },
  ]);
});

test('a variable of the kernel is refused where it is used', () => {
  expect(() => object('kconfig')).toThrow(
    'Cannot read "kconfig.o": function "bpf_netrx": ./kconfig.c:8: instruction 0: "LINUX_KERNEL_VERSION" is not defined in the file',
  );
});

test('a table of pointers is refused where it is used: it would be zero', () => {
  expect(() => object('pointers')).toThrow(
    './pointers.c:9: instruction 3: it refers to section ".rodata", which has addresses in it',
  );
});
