// Relocations of instructions, Documentation/bpf/llvm_reloc.rst.
import { type Elf, type ElfSymbol, type Relocation, type Section, SymbolSection } from './elf.js';
import { isExecutable } from './functions.js';
import { CALL, Class, type Instruction, isWide, Pseudo, PseudoCall } from './instruction.js';
import type { DeclaredMaps } from './map-section.js';
import type { MapSpec } from './program.js';
import { refusal } from './refusal.js';

/** What instructions can refer to, by the number of the section that it is in. */
export interface Symbols {
  readonly elf: Elf;
  readonly maps: ReadonlyMap<number, DeclaredMaps>;
  readonly data: ReadonlyMap<number, MapSpec>;
}

const R_BPF_64_64 = 1;
const R_BPF_64_32 = 10;

/** The instruction with a name in the place of what the linker has to fill in; `call` names the function at an octet of a section. */
export function relocate(
  i: Instruction,
  { type, symbol, addend = i.imm }: Relocation,
  symbols: Symbols,
  call: (octet: number, section: Section) => string,
): Instruction {
  const section = symbols.elf.sections[symbol.section];
  if (type === R_BPF_64_32 && i.opcode === (Class.JMP | CALL)) {
    if (symbol.section === SymbolSection.UNDEFINED)
      return { ...i, src: PseudoCall.Kfunc, imm: 0, kfunc: symbol.name };
    if (!section || !isExecutable(section)) throw refusal(`it calls "${symbol.name}", which is no function`);
    return { ...i, src: PseudoCall.Local, imm: 0, target: call(symbol.value + (addend + 1) * 8, section) };
  }
  if (type !== R_BPF_64_64 || !isWide(i))
    throw refusal(`it has a relocation of type ${type}, which cannot be`);
  const wide = { ...i, imm: 0, high: 0 };
  if (!section || symbol.section === SymbolSection.UNDEFINED) throw external(symbol);
  const octet = symbol.value + addend;
  if (isExecutable(section)) return { ...wide, src: Pseudo.Function, target: call(octet, section) };
  const declared = symbols.maps.get(section.index);
  if (declared) {
    const map = declared.get(octet);
    if (!map) throw refusal(`it refers to octet ${octet} of section "${section.name}", where no map is`);
    return { ...wide, src: Pseudo.MapFd, map: map.name };
  }
  const data = symbols.data.get(section.index);
  if (!data)
    throw refusal(
      `it refers to section "${section.name}", which evlnet does not load`,
      'global variables belong in .rodata, .data and .bss, maps in ".maps"',
    );
  if (symbols.elf.relocationTables.has(section.index))
    throw refusal(
      `it refers to section "${section.name}", which has addresses in it: eBPF cannot know them beforehand`,
      'keep numbers or characters in tables, not pointers to them',
    );
  if (octet < 0 || octet >= data.valueSize)
    throw refusal(`it refers to octet ${octet} of section "${section.name}", which has ${data.valueSize}`);
  return { ...wide, src: Pseudo.MapValue, imm: octet, map: data.name };
}

const external = ({ section, name }: ElfSymbol) =>
  section === SymbolSection.COMMON
    ? refusal(`"${name}" is a common symbol`, 'compile with -fno-common')
    : refusal(
        `"${name}" is not defined in the file: variables of the kernel and of its configuration cannot be read`,
        'define it, or hand the value over in a map',
      );
