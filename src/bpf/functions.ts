// The functions of an object file: symbols of type FUNC in executable sections.
import type { InstructionNotes } from './btf-ext.js';
import {
  Binding,
  type Elf,
  type ElfSymbol,
  type Section,
  SectionFlag,
  SectionType,
  SymbolType,
  Visibility,
} from './elf.js';
import { refusal } from './refusal.js';

export interface ObjectFunction {
  /** Unlike that of any other function of the object. */
  readonly name: string;
  readonly section: Section;
  /** First octet in the section, and the one behind the last. */
  readonly at: number;
  readonly end: number;
  readonly isGlobal: boolean;
  /** A program starts here: global, in a section of its own choice. */
  readonly isEntry: boolean;
  readonly typeId?: number;
}

const NOTHING_KNOWN: InstructionNotes = { functions: new Map(), lines: new Map(), relocations: new Map() };

/** Number of a section → its functions by their first octet, in that order. */
export type Functions = Map<number, Map<number, ObjectFunction>>;

export function readFunctions(elf: Elf, notes: ReadonlyMap<string, InstructionNotes>): Functions {
  const bySection = new Map<number, ElfSymbol[]>();
  for (const s of elf.symbols) {
    if (s.type !== SymbolType.FUNC || !isExecutable(elf.sections[s.section])) continue;
    const list = bySection.get(s.section);
    if (list) list.push(s);
    else bySection.set(s.section, [s]);
  }
  const names = new Map<string, number>();
  const functions: Functions = new Map();
  for (const section of elf.sections) {
    const symbols = bySection.get(section.index)?.sort((a, b) => a.value - b.value);
    if (!symbols) continue;
    const types = (notes.get(section.name) ?? NOTHING_KNOWN).functions;
    const found = new Map<number, ObjectFunction>();
    let free = 0;
    symbols.forEach((symbol, n) => {
      const at = symbol.value;
      const end = symbol.size > 0 ? at + symbol.size : (symbols[n + 1]?.value ?? section.size);
      const isWhole = at % 8 === 0 && end % 8 === 0 && at < end && end <= section.octets.length;
      if (!isWhole || at < free)
        throw refusal(
          `function "${symbol.name}" is from octet ${at} to ${end} of section "${section.name}", which cannot be`,
        );
      free = end;
      const typeId = types.get(at);
      const isShared = symbol.binding !== Binding.LOCAL;
      found.set(at, {
        name: unused(symbol.name, names),
        section,
        at,
        end,
        isGlobal: isShared && symbol.visibility === Visibility.DEFAULT,
        isEntry: isShared && section.name !== '.text',
        ...(typeId === undefined ? {} : { typeId }),
      });
    });
    functions.set(section.index, found);
  }
  return functions;
}

export const isExecutable = (section: Section | undefined): boolean =>
  section?.type === SectionType.PROGBITS && (section.flags & SectionFlag.EXECINSTR) !== 0;

/** Objects linked from several files may have two static functions of one name. */
function unused(name: string, names: Map<string, number>): string {
  if (!/^[\w.$]+$/.test(name)) throw refusal(`"${name}" cannot be the name of a function`);
  const count = (names.get(name) ?? 0) + 1;
  names.set(name, count);
  return count === 1 ? name : unused(`${name}.${count}`, names);
}
