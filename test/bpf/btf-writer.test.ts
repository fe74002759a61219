// The BTF that programs are loaded with, read back by the reader.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Assembler, r0, r1 } from '../../src/bpf/asm.js';
import { Btf, columnOf, Kind, lineOf } from '../../src/bpf/btf.js';
import { programTypes } from '../../src/bpf/btf-writer.js';
import { readObject } from '../../src/bpf/object.js';
import { type ProgramSpec, ProgramType } from '../../src/bpf/program.js';

const assembler = () => new Assembler('prog', ProgramType.Xdp);

/** Lines as `[slot, file, line, column, text]`, functions as `[slot, name, linkage, prototype]`. */
function read(spec: ProgramSpec) {
  const types = programTypes(spec)!;
  const btf = new Btf(types.btf);
  const words = (octets: Uint8Array, count: number) =>
    Array.from({ length: octets.length / (count * 4) }, (_, n) => [
      ...new Uint32Array(octets.buffer, n * count * 4, count),
    ]) as [number, number, number, number][];
  return {
    btf,
    lines: words(types.lines, 4).map(([slot, file, text, word]) => [
      slot,
      btf.string(file),
      lineOf(word),
      columnOf(word),
      btf.string(text),
    ]),
    functions: words(types.functions, 2).map(([slot, id]) => {
      const { name, kind, count, sizeOrType } = btf.type(id);
      return { slot, name, kind, isGlobal: count === 1, proto: btf.type(sizeOrType) };
    }),
  };
}

test('an assembled program is one function, int (void), with a line where each comment starts', () => {
  const spec = assembler()
    .line('load the map')
    .map(r1, 'm')
    .mov(r0, r1)
    .line('answer – ß')
    .mov(r0, 0)
    .line('answer – ß')
    .mov(r0, 1)
    .line('load the map')
    .exit()
    .program();
  const { btf, lines, functions } = read(spec);
  expect(lines).toEqual([
    [0, 'prog.evlnet', 1, 0, 'load the map'],
    [3, 'prog.evlnet', 2, 0, 'answer – ß'],
    [5, 'prog.evlnet', 3, 0, 'load the map'],
  ]);
  expect(functions).toEqual([
    { slot: 0, name: 'prog', kind: Kind.Func, isGlobal: false, proto: expect.objectContaining({ count: 0 }) },
  ]);
  expect(btf.type(functions[0]!.proto.sizeOrType)).toMatchObject({
    kind: Kind.Int,
    name: 'int',
    sizeOrType: 4,
  });
  expect(btf.count).toBe(4);
});

test('a program of which nothing is known has no types', () => {
  expect(programTypes(assembler().mov(r0, 0).exit().program())).toBeUndefined();
});

test('the first instruction has a line even if nothing is known of it: the kernel wants one', () => {
  const { lines } = read(assembler().mov(r0, 0).line('out').exit().program());
  expect(lines).toEqual([
    [0, 'prog.evlnet', 1, 0, ''],
    [1, 'prog.evlnet', 2, 0, 'out'],
  ]);
});

test('an object brings its functions with their prototypes, its lines, and no other type', () => {
  const name = 'functions.o';
  const spec = readObject(readFileSync(new URL(`objects/${name}`, import.meta.url)), name).programs[0]!;
  const { btf, lines, functions } = read(spec);
  expect(functions.map(({ slot, name, isGlobal }) => [slot, name, isGlobal])).toEqual(
    spec.functions!.map((f) => [f.at, f.name, f.isGlobal]),
  );
  const parameters = btf.members(functions[3]!.proto);
  expect(parameters.map((p) => p.name)).toEqual(['skb', 'at']);
  const skb = btf.resolve(btf.resolve(parameters[0]!.type).sizeOrType);
  expect(skb).toMatchObject({ kind: Kind.Struct, name: '__sk_buff', sizeOrType: 72, count: 0 });
  expect(lines[0]).toEqual([0, './functions.c', 39, 0, 'int by_protocol(struct __sk_buff *skb)']);
  expect(btf.find(Kind.Struct, 'sum')).toBe(0);
  // What the four prototypes need: three of them, a pointer, a struct, integers and their names.
  expect(btf.count).toBeLessThan(16);
});

test('a function may be made static: the kernel then verifies it where it is called', () => {
  const name = 'functions.o';
  const spec = readObject(readFileSync(new URL(`objects/${name}`, import.meta.url)), name).programs[0]!;
  const functions = spec.functions!.map((f) => ({ ...f, isGlobal: false }));
  expect(read({ ...spec, functions }).functions.some((f) => f.isGlobal)).toBe(false);
});
