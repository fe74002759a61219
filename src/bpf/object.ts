import { Btf } from './btf.js';
import { type InstructionNotes, readBtfExt } from './btf-ext.js';
import { programTypes } from './btf-writer.js';
import { doubt } from './core-relocation.js';
import { readDataSections } from './data-section.js';
import { type Elf, readElf, type Section } from './elf.js';
import { isExecutable, readFunctions } from './functions.js';
import type { SourceLine } from './instruction.js';
import { Linker } from './linker.js';
import { type DeclaredMaps, readBtfMaps, readLegacyMaps } from './map-section.js';
import { type MapSpec, type ProgramSpec, ProgramType } from './program.js';
import { refusal, refusalOf } from './refusal.js';

/** What an object file (ELF, EM_BPF, little-endian) holds, as data: nothing is loaded. */
export interface ObjectSpec {
  /** Name of the file without folder. */
  readonly name: string;
  readonly license: string;
  /** In the order of their sections and, within one, of their addresses; each flattened with the functions that it reaches. */
  readonly programs: readonly ObjectProgram[];
  /** By the name that instructions refer to: of the variable, or of the data section (`.rodata`). */
  readonly maps: ReadonlyMap<string, MapSpec>;
  readonly btf: Btf | undefined;
  /** What the file asks for and does not get, for the author to know. */
  readonly notes: readonly ObjectNote[];
}

export interface ObjectProgram extends ProgramSpec {
  /** Name of its section: `socket`, `xdp`, … */
  readonly section: string;
}

export interface ObjectNote {
  readonly text: string;
  readonly source?: SourceLine;
}

/** Far more than anyone writes into one file. */
const PROGRAM_LIMIT = 1000;

/** Reads an object file as clang makes it. Whatever is wrong with it is an EVL_OBJECT_FILE that says where. */
export function readObject(octets: Uint8Array, name: string): ObjectSpec {
  try {
    return read(octets, name);
  } catch (e) {
    throw refusalOf(`Cannot read "${name}"`, e);
  }
}

function read(octets: Uint8Array, name: string): ObjectSpec {
  const elf = readElf(octets);
  const section = (wanted: string) => elf.sections.find((s) => s.name === wanted);
  const notes: ObjectNote[] = [];

  const types = section('.BTF');
  const btf = types && new Btf(types.octets);
  const extension = section('.BTF.ext');
  const known = btf && extension ? readBtfExt(extension.octets, btf) : new Map<string, InstructionNotes>();

  const declared = readMaps(elf, btf, (text) => notes.push({ text }));
  const data = readDataSections(elf.sections);
  const maps = byName([...[...declared.values()].flatMap((m) => [...m.values()]), ...data.values()]);

  const functions = readFunctions(elf, known);
  const linker = new Linker(elf, functions, { elf, maps: declared, data }, known);
  const license = readLicense(section('license'));
  const entries = [...functions.values()].flatMap((f) => [...f.values()].filter((e) => e.isEntry));
  if (entries.length > PROGRAM_LIMIT) throw refusal(`it has ${entries.length} programs`);
  const programs = entries.map((entry): ObjectProgram => {
    const program = {
      name: entry.name,
      section: entry.section.name,
      type: typeOf(entry.section.name),
      ...linker.flatten(entry),
      license,
      ...(btf ? { btf } : {}),
    };
    checkTypes(program);
    return program;
  });
  if (programs.length === 0) throw noProgram(elf);
  if (btf) notes.push(...doubts(known, elf, btf));
  return { name, license, programs, maps, btf, notes };
}

/** Follows types that nobody has followed so far: whoever loads the program shall not be the first to find that they lead nowhere. */
function checkTypes(program: ObjectProgram): void {
  try {
    programTypes(program);
  } catch (e) {
    throw refusalOf(`program "${program.name}"`, e);
  }
}

/** Number of a section → the maps that it declares. */
function readMaps(elf: Elf, btf: Btf | undefined, note: (text: string) => void): Map<number, DeclaredMaps> {
  const maps = new Map<number, DeclaredMaps>();
  const typed = elf.sections.find((s) => s.name === '.maps');
  if (typed) maps.set(typed.index, readBtfMaps(elf, typed, btf, note));
  const legacy = elf.sections.find((s) => s.name === 'maps');
  if (legacy) maps.set(legacy.index, readLegacyMaps(elf, legacy));
  return maps;
}

function byName(specs: readonly MapSpec[]): Map<string, MapSpec> {
  const maps = new Map<string, MapSpec>();
  for (const spec of specs) {
    if (maps.has(spec.name)) throw refusal(`two maps have the name "${spec.name}"`);
    maps.set(spec.name, spec);
  }
  return maps;
}

function readLicense(section: Section | undefined): string {
  const octets = section?.octets.subarray(0, 128) ?? new Uint8Array(0);
  const nul = octets.indexOf(0);
  return new TextDecoder().decode(nul < 0 ? octets : octets.subarray(0, nul));
}

/** The names of libbpf; a question mark in front is for loaders that load a program only when told to. */
function typeOf(section: string): ProgramType {
  if (/^\??socket/.test(section)) return ProgramType.SocketFilter;
  if (/^\??xdp([./]|$)/.test(section)) return ProgramType.Xdp;
  if (/^\??(tcx?|classifier)([./]|$)/.test(section)) return ProgramType.SchedCls;
  return ProgramType.Unspecified;
}

function noProgram({ sections }: Elf) {
  const hint = 'put SEC("socket") in front of the function that is the filter';
  return sections.some((s) => isExecutable(s) && s.size > 0)
    ? refusal('its functions are no programs: they are static, or in no section of their own', hint)
    : refusal('it has no program', hint);
}

function* doubts(known: ReadonlyMap<string, InstructionNotes>, elf: Elf, btf: Btf): Generator<ObjectNote> {
  const seen = new Set<string>();
  const executable = new Set(elf.sections.filter(isExecutable).map((s) => s.name));
  for (const [name, { relocations, lines }] of known) {
    if (!executable.has(name)) continue;
    const starts = [...lines].sort(byOctet);
    let line = -1;
    for (const [octet, relocation] of [...relocations].sort(byOctet)) {
      while ((starts[line + 1]?.[0] ?? Infinity) <= octet) line++;
      const text = doubt(relocation, btf);
      const source = starts[line]?.[1];
      if (text === undefined || seen.has(text)) continue;
      seen.add(text);
      yield source ? { text, source } : { text };
    }
  }
}

const byOctet = ([a]: readonly [number, unknown], [b]: readonly [number, unknown]) => a - b;
