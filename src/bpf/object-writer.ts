// Object files as clang makes them, of what evlnet has compiled: libbpf loads them, and so EVL's own tools do.
import { Kind, MAGIC } from './btf.js';
import { lineRecords, TypeWriter } from './btf-writer.js';
import { SectionFlag, SectionType, SymbolType } from './elf.js';
import { type NewSection, type NewSymbol, relocations, writeElf } from './elf-writer.js';
import type { ObjectProgram, ObjectSpec } from './object.js';
import { encode, type MapSpec, slotsOf } from './program.js';
import { refusal } from './refusal.js';

const { ALLOC, EXECINSTR, WRITE } = SectionFlag;
const MAPS = '.maps';
const SLOT = 8;
/** A member of a map's definition is a pointer; what it points to is the value. */
const MEMBER = 8;
const KIND = 24;
const GLOBAL_VARIABLE = 1;
const EXTENSION_HEADER = 24;
const FUNCTION_RECORD = 8;
const LINE_RECORD = 16;

/** The file of an object whose programs are one function each and whose maps are declared one by one. */
export function writeObject(object: ObjectSpec): Uint8Array {
  checkPlain(object);
  const types = new TypeWriter();
  const maps = [...object.maps.values()];
  const symbols = mapSymbols(maps);
  const code: CodeSection[] = [...new Set(object.programs.map((p) => p.section))].map((name) =>
    writeCode(
      name,
      object.programs.filter((p) => p.section === name),
      { types, maps, symbols },
    ),
  );
  writeMapTypes(types, maps);
  const extension = writeExtension(types, code);
  const text = (name: string, flags: number, octets: Uint8Array): NewSection => ({
    name,
    type: SectionType.PROGBITS,
    flags,
    octets,
  });
  const sections: NewSection[] = [
    ...code.flatMap(({ name, octets, places }) => [
      text(name, ALLOC | EXECINSTR, octets),
      { name: `.rel${name}`, type: SectionType.REL, octets: relocations(places), changes: name },
    ]),
    text(MAPS, ALLOC | WRITE, new Uint8Array(sum(maps.map(sizeOf)))),
    text('license', ALLOC | WRITE, new TextEncoder().encode(`${object.license}\0`)),
    text('.BTF', 0, types.finish()),
    text('.BTF.ext', 0, extension),
  ];
  return writeElf(
    sections.filter(({ octets }) => octets.length > 0),
    symbols,
  );
}

function checkPlain({ name, programs, maps }: ObjectSpec): void {
  for (const program of programs)
    if ((program.functions?.length ?? 1) > 1)
      throw refusal(`cannot write "${name}": program "${program.name}" has several functions`);
  for (const map of maps.values())
    if (map.contents || map.inner || map.slots)
      throw refusal(`cannot write "${name}": map "${map.name}" is more than its sizes`);
}

interface CodeSection {
  readonly name: string;
  readonly octets: Uint8Array;
  /** Octets into the section, and the number of the symbol that belongs there. */
  readonly places: readonly (readonly [octet: number, symbol: number])[];
  /** struct bpf_func_info and struct bpf_line_info, with octets instead of slots. */
  readonly functions: readonly number[];
  readonly lines: readonly number[];
}

interface Tables {
  readonly types: TypeWriter;
  readonly maps: readonly MapSpec[];
  readonly symbols: NewSymbol[];
}

function writeCode(name: string, programs: readonly ObjectProgram[], tables: Tables): CodeSection {
  const { types, maps, symbols } = tables;
  const places: [number, number][] = [];
  const functions: number[] = [];
  const lines: number[] = [];
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const program of programs) {
    const octets = encode(program, new Map(maps.map((map) => [map.name, 0])));
    const slots = slotsOf(program.instructions);
    program.instructions.forEach(({ map, dst }, i) => {
      if (map === undefined) return;
      const place = slots[i]! * SLOT;
      // libbpf says itself what kind of address it has put there.
      octets[place + 1] = dst;
      places.push([at + place, maps.findIndex((m) => m.name === map) + 1]);
    });
    symbols.push({
      name: program.name,
      type: SymbolType.FUNC,
      section: name,
      value: at,
      size: octets.length,
    });
    functions.push(at, types.func({ name: program.name, at: 0, isGlobal: true }));
    const records = lineRecords(types, program.name, program.instructions, slots, new Set([0]));
    lines.push(...records.map((word, i) => (i % 4 === 0 ? at + word * SLOT : word)));
    parts.push(octets);
    at += octets.length;
  }
  return { name, octets: concatenate(parts), places, functions, lines };
}

/** They are the first symbols. */
function mapSymbols(maps: readonly MapSpec[]): NewSymbol[] {
  let value = 0;
  return maps.map((map) => {
    const size = sizeOf(map);
    value += size;
    return {
      name: map.name,
      type: SymbolType.OBJECT,
      section: MAPS,
      value: value - size,
      size,
    };
  });
}

/** libbpf's way to write a map: `struct { int (*type)[TYPE]; int (*key_size)[SIZE]; … } name`. */
function writeMapTypes(types: TypeWriter, maps: readonly MapSpec[]): void {
  if (maps.length === 0) return;
  let at = 0;
  const variables = maps.flatMap((map) => {
    const members = definition(map).flatMap(([name, value], i) => {
      const array = types.type(0, Kind.Array << KIND, 0, types.int(), types.int(), value);
      const pointer = types.type(0, Kind.Pointer << KIND, array);
      return [types.string(name), pointer, i * MEMBER * 8];
    });
    const size = sizeOf(map);
    const struct = types.type(0, (Kind.Struct << KIND) | (members.length / 3), size, ...members);
    const variable = types.type(types.string(map.name), Kind.Var << KIND, struct, GLOBAL_VARIABLE);
    at += size;
    return [variable, at - size, size];
  });
  types.type(types.string(MAPS), (Kind.DataSection << KIND) | maps.length, at, ...variables);
}

function definition(map: MapSpec): [name: string, value: number][] {
  return [
    ['type', map.type],
    ['key_size', map.keySize],
    ['value_size', map.valueSize],
    ['max_entries', map.maxEntries],
    ...(map.flags === undefined ? [] : ([['map_flags', map.flags]] as [string, number][])),
  ];
}

const sizeOf = (map: MapSpec): number => definition(map).length * MEMBER;

/** Section .BTF.ext, Documentation/bpf/btf.rst §4.2. */
function writeExtension(types: TypeWriter, code: readonly CodeSection[]): Uint8Array {
  const table = (record: number, words: (section: CodeSection) => readonly number[]) => [
    record,
    ...code.flatMap((section) => {
      const records = words(section);
      return [types.string(section.name), (records.length * 4) / record, ...records];
    }),
  ];
  const functions = table(FUNCTION_RECORD, (section) => section.functions);
  const lines = table(LINE_RECORD, (section) => section.lines);
  const header = [MAGIC | (1 << 16), EXTENSION_HEADER, 0, functions.length * 4];
  const words = [...header, functions.length * 4, lines.length * 4, ...functions, ...lines];
  return new Uint8Array(Uint32Array.from(words).buffer);
}

const sum = (of: readonly number[]): number => of.reduce((total, one) => total + one, 0);

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(sum(parts.map((part) => part.length)));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
