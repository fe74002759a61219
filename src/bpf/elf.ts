// ELF-64 relocatable files, little-endian, EM_BPF: System V gABI chapters 4 and 5, <linux/elf.h>,
// Documentation/bpf/llvm_reloc.rst.
import { refusal } from './refusal.js';
import { StringTable } from './string-table.js';

export interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** Number of the section with the strings (of symbols) or the symbols (of relocations). */
  readonly link: number;
  /** Of relocations: number of the section that they change. */
  readonly info: number;
  /** Octets in memory; those of .bss are not in the file. */
  readonly size: number;
  readonly octets: Uint8Array;
}

export interface ElfSymbol {
  readonly name: string;
  readonly type: number;
  readonly binding: number;
  readonly visibility: number;
  /** Number of the section that it is in, or one of `SymbolSection`. */
  readonly section: number;
  /** Octets into the section. */
  readonly value: number;
  readonly size: number;
}

export interface Relocation {
  /** Octets into the section that it changes. */
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
  /** Absent in REL: it is in the place that is changed. */
  readonly addend?: number;
}

export interface Elf {
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
  /** Number of a section → the sections with relocations for it. */
  readonly relocationTables: ReadonlyMap<number, readonly Section[]>;
}

export const SectionType = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, RELA: 4, NOBITS: 8, REL: 9 } as const;
export const SectionFlag = { WRITE: 1, ALLOC: 2, EXECINSTR: 4 } as const;
export const SymbolType = { OBJECT: 1, FUNC: 2, SECTION: 3 } as const;
export const Binding = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;
export const Visibility = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2 } as const;
export const SymbolSection = { UNDEFINED: 0, RESERVED: 0xff00, COMMON: 0xfff2 } as const;

const EI_CLASS = 4;
const EI_DATA = 5;
const E_TYPE = 16;
const E_MACHINE = 18;
const E_SHOFF = 40;
const E_SHENTSIZE = 58;
const E_SHNUM = 60;
const E_SHSTRNDX = 62;
export const HEADER = 64;
export const SECTION = 64;
export const SYMBOL = 24;
export const EM_BPF = 247;
export const ET_REL = 1;

const COMPILE = 'compile with: clang -O2 -g -target bpf -c FILE.c -o FILE.o';

/** A 64-bit number of the file; one above 2^53 is wrong wherever it stands, so that its lost bits do not matter. */
const u64 = (view: DataView, at: number) => view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);

export function readElf(file: Uint8Array): Elf {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  checkHeader(file, view);
  const sections = readSections(file, view);
  const table = sections.find((s) => s.type === SectionType.SYMTAB);
  if (!table)
    throw refusal(
      'it has no symbol table: it was stripped',
      'strip with llvm-strip -g, or not at all: the names of functions and maps are needed',
    );
  const relocationTables = new Map<number, Section[]>();
  for (const s of sections) {
    if (s.type !== SectionType.REL && s.type !== SectionType.RELA) continue;
    const others = relocationTables.get(s.info);
    if (others) others.push(s);
    else relocationTables.set(s.info, [s]);
  }
  return { sections, symbols: readSymbols(sections, table), relocationTables };
}

function checkHeader(file: Uint8Array, view: DataView): void {
  if (file.length < 4 || view.getUint32(0) !== 0x7f454c46)
    throw refusal('it is not an ELF object file', COMPILE);
  if (file.length < HEADER)
    throw refusal(`it is truncated: ${file.length} octets, the ELF header alone has 64`);
  if (file[EI_CLASS] !== 2) throw refusal('it is a 32-bit object file, not one for eBPF', COMPILE);
  if (file[EI_DATA] !== 1)
    throw refusal('it is for big-endian machines', 'compile with: clang -target bpfel');
  const machine = view.getUint16(E_MACHINE, true);
  if (machine !== EM_BPF) throw refusal(`it is for ${machineName(machine)}, not for eBPF`, COMPILE);
  const type = view.getUint16(E_TYPE, true);
  if (type !== ET_REL) throw refusal(`it is not a relocatable object file (ELF type ${type})`, COMPILE);
}

const machineName = (machine: number) =>
  ({ 3: 'x86 (32 bits)', 40: 'ARM', 62: 'x86-64', 183: 'AArch64', 243: 'RISC-V' })[machine] ??
  `ELF machine ${machine}`;

function readSections(file: Uint8Array, view: DataView): Section[] {
  const start = u64(view, E_SHOFF);
  const count = view.getUint16(E_SHNUM, true);
  if (count === 0 || view.getUint16(E_SHENTSIZE, true) !== SECTION) throw refusal('it has no section table');
  if (start + count * SECTION > file.length)
    throw refusal(
      `it is truncated: its section table ends at octet ${start + count * SECTION} of ${file.length}`,
    );
  const names: number[] = [];
  const bare = Array.from({ length: count }, (_, index) => {
    const at = start + index * SECTION;
    names.push(view.getUint32(at, true));
    const type = view.getUint32(at + 4, true);
    const offset = u64(view, at + 24);
    const size = u64(view, at + 32);
    const isInFile = index > 0 && type !== SectionType.NOBITS;
    if (isInFile && offset + size > file.length)
      throw refusal(`it is truncated: section ${index} ends at octet ${offset + size} of ${file.length}`);
    return {
      index,
      name: '',
      type,
      flags: view.getUint32(at + 8, true),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
      size,
      octets: isInFile ? file.subarray(offset, offset + size) : new Uint8Array(0),
    };
  });
  const table = bare[view.getUint16(E_SHSTRNDX, true)];
  if (table?.type !== SectionType.STRTAB) throw refusal('its sections have no names');
  const strings = new StringTable(table.octets, 'the names of its sections');
  return bare.map((s, index) => ({ ...s, name: strings.at(names[index]!) }));
}

function readSymbols(sections: readonly Section[], table: Section): ElfSymbol[] {
  const names = sections[table.link];
  if (names?.type !== SectionType.STRTAB) throw refusal('its symbols have no names');
  const strings = new StringTable(names.octets, 'the names of its symbols');
  const { octets } = table;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return Array.from({ length: Math.floor(octets.length / SYMBOL) }, (_, index) => {
    const at = index * SYMBOL;
    const section = view.getUint16(at + 6, true);
    if (section >= sections.length && section < SymbolSection.RESERVED)
      throw refusal(`symbol ${index} is in section ${section}, which is not there`);
    return {
      name: strings.at(view.getUint32(at, true)),
      type: octets[at + 4]! & 0xf,
      binding: octets[at + 4]! >> 4,
      visibility: octets[at + 5]! & 3,
      section,
      value: u64(view, at + 8),
      size: u64(view, at + 16),
    };
  });
}

/** By the offset that each changes. */
export function relocationsOf(elf: Elf, section: Section): Map<number, Relocation> {
  const found = new Map<number, Relocation>();
  for (const { type, octets } of elf.relocationTables.get(section.index) ?? []) {
    const isRela = type === SectionType.RELA;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const length = isRela ? 24 : 16;
    for (let at = 0; at + length <= octets.length; at += length) {
      const offset = u64(view, at);
      const number = view.getUint32(at + 12, true);
      const symbol = elf.symbols[number];
      const where = `the relocation at octet ${offset} of section "${section.name}"`;
      if (!symbol) throw refusal(`${where} speaks of symbol ${number}, which is not there`);
      if (found.has(offset)) throw refusal(`${where} is there twice`);
      found.set(offset, {
        offset,
        type: view.getUint32(at + 8, true),
        symbol,
        ...(isRela ? { addend: view.getInt32(at + 16, true) } : {}),
      });
    }
  }
  return found;
}
