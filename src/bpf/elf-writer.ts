// ELF-64 relocatable files, little-endian, EM_BPF, as readElf reads them: System V gABI chapters 4 and 5.
import { Binding, EM_BPF, ET_REL, HEADER, SECTION, SectionType, SYMBOL } from './elf.js';

export interface NewSection {
  readonly name: string;
  readonly type: number;
  readonly flags?: number;
  readonly octets: Uint8Array;
  /** Of relocations: name of the section that they change. */
  readonly changes?: string;
}

/** A global symbol. */
export interface NewSymbol {
  readonly name: string;
  readonly type: number;
  readonly section: string;
  /** Octets into the section. */
  readonly value: number;
  readonly size: number;
}

const ALIGNMENT = 8;
const FIRST_GLOBAL = 1;
const RELOCATION = 16;
/** Documentation/bpf/llvm_reloc.rst */
const R_BPF_64_64 = 1;
const SYMBOLS = '.symtab';
const STRINGS = '.strtab';

/** The file. Symbol numbers, for relocations, count from 1 in the order given. */
export function writeElf(given: readonly NewSection[], symbols: readonly NewSymbol[]): Uint8Array {
  const names = new Strings();
  const index = new Map(given.map(({ name }, i) => [name, i + 1]));
  const table = symbolTable(symbols, names, index);
  const sections: NewSection[] = [
    { name: '', type: 0, octets: new Uint8Array(0) },
    ...given,
    { name: SYMBOLS, type: SectionType.SYMTAB, octets: table },
  ];
  for (const { name } of sections) names.at(name);
  names.at(STRINGS);
  sections.push({ name: STRINGS, type: SectionType.STRTAB, octets: names.octets() });

  const starts: number[] = [];
  let end = HEADER;
  for (const { octets } of sections) {
    starts.push(end);
    end = align(end + octets.length);
  }
  const file = new Uint8Array(end + sections.length * SECTION);
  const view = new DataView(file.buffer);
  writeHeader(view, end, sections.length);
  sections.forEach(({ name, type, flags = 0, octets, changes }, i) => {
    file.set(octets, starts[i]!);
    const at = end + i * SECTION;
    if (type === 0) return;
    const isTable = type === SectionType.SYMTAB;
    const isRelocation = type === SectionType.REL;
    view.setUint32(at, names.at(name), true);
    view.setUint32(at + 4, type, true);
    view.setUint32(at + 8, flags, true);
    view.setUint32(at + 24, starts[i]!, true);
    view.setUint32(at + 32, octets.length, true);
    view.setUint32(at + 40, isTable ? sections.length - 1 : isRelocation ? sections.length - 2 : 0, true);
    view.setUint32(at + 44, isTable ? FIRST_GLOBAL : isRelocation ? index.get(changes!)! : 0, true);
    view.setUint32(at + 48, ALIGNMENT, true);
    view.setUint32(at + 56, isTable ? SYMBOL : isRelocation ? RELOCATION : 0, true);
  });
  return file;
}

/** A REL table of R_BPF_64_64: the places, in octets into the section, and the symbols whose address goes there. */
export function relocations(at: readonly (readonly [octet: number, symbol: number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(at.length * RELOCATION));
  at.forEach(([octet, symbol], i) => {
    view.setUint32(i * RELOCATION, octet, true);
    view.setUint32(i * RELOCATION + 8, R_BPF_64_64, true);
    view.setUint32(i * RELOCATION + 12, symbol, true);
  });
  return new Uint8Array(view.buffer);
}

const align = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

function writeHeader(view: DataView, sectionTable: number, count: number): void {
  view.setUint32(0, 0x7f454c46);
  // 64 bits, little-endian, version 1.
  view.setUint8(4, 2);
  view.setUint8(5, 1);
  view.setUint8(6, 1);
  view.setUint16(16, ET_REL, true);
  view.setUint16(18, EM_BPF, true);
  view.setUint32(20, 1, true);
  view.setUint32(40, sectionTable, true);
  view.setUint16(52, HEADER, true);
  view.setUint16(58, SECTION, true);
  view.setUint16(60, count, true);
  view.setUint16(62, count - 1, true);
}

function symbolTable(
  symbols: readonly NewSymbol[],
  names: Strings,
  index: ReadonlyMap<string, number>,
): Uint8Array {
  const view = new DataView(new ArrayBuffer((symbols.length + 1) * SYMBOL));
  symbols.forEach(({ name, type, section, value, size }, i) => {
    const at = (i + 1) * SYMBOL;
    view.setUint32(at, names.at(name), true);
    view.setUint8(at + 4, (Binding.GLOBAL << 4) | type);
    view.setUint16(at + 6, index.get(section)!, true);
    view.setUint32(at + 8, value, true);
    view.setUint32(at + 16, size, true);
  });
  return new Uint8Array(view.buffer);
}

/** A table of strings that end with NUL. */
class Strings {
  readonly #known = new Map<string, number>([['', 0]]);
  readonly #parts: Uint8Array[] = [new Uint8Array(1)];
  #length = 1;

  at(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const octets = new TextEncoder().encode(`${text}\0`);
    const at = this.#length;
    this.#known.set(text, at);
    this.#parts.push(octets);
    this.#length += octets.length;
    return at;
  }

  octets(): Uint8Array {
    return new Uint8Array(this.#parts.flatMap((part) => [...part]));
  }
}
