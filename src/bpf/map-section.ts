// Maps declared in C: section `.maps`, where the type of a variable is its definition (libbpf's __uint, __type, __array),
// and the older section `maps` of struct bpf_map_def.
import { type Btf, type BtfType, Kind } from './btf.js';
import { type Elf, type ElfSymbol, type Relocation, relocationsOf, type Section, SymbolType } from './elf.js';
import { type MapSpec, MapType } from './program.js';
import { refusal } from './refusal.js';

/** Octet of the section → the map that is declared there. */
export type DeclaredMaps = Map<number, MapSpec>;

interface Definition {
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags?: number;
  isPinned: boolean;
  inner?: MapSpec;
  /** Octets into the variable that the slots of a map of maps or programs start at. */
  slotsAt?: number;
}

const POINTER = 8;
/** A definition has a dozen. */
const MEMBER_LIMIT = 64;
/** Far more than anyone declares in one file. */
const MAP_LIMIT = 1000;

/** `note` is told what is not followed. */
export function readBtfMaps(elf: Elf, section: Section, btf: Btf | undefined, note: (text: string) => void) {
  if (!btf)
    throw refusal(
      'its maps are in section ".maps", which needs BTF, and it has none',
      'compile with -g, and strip with llvm-strip -g if at all',
    );
  const variables = variablesOf(btf, section.name);
  const relocations = relocationsOf(elf, section);
  const maps: DeclaredMaps = new Map();
  for (const symbol of objects(elf, section)) {
    const variable = variables.get(symbol.name);
    if (!variable) throw refusal(`map "${symbol.name}" has no type in the BTF`);
    const map = `map "${symbol.name}"`;
    const { slotsAt, isPinned, ...definition } = readDefinition(btf, variable, map);
    if (isPinned)
      note(`${map} is not pinned, as it asks to be: evlnet keeps maps with the filter that uses them`);
    maps.set(symbol.value, {
      name: symbol.name,
      ...definition,
      ...(slotsAt === undefined ? {} : { slots: readSlots(symbol, slotsAt, relocations) }),
    });
  }
  return maps;
}

/** struct bpf_map_def: type, key_size, value_size, max_entries, map_flags. */
export function readLegacyMaps(elf: Elf, section: Section): DeclaredMaps {
  const symbols = objects(elf, section);
  const { octets } = section;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const maps: DeclaredMaps = new Map();
  symbols.forEach((symbol, n) => {
    const end = symbols[n + 1]?.value ?? octets.length;
    const at = symbol.value;
    if (end - at < 16 || end > octets.length) throw refusal(`map "${symbol.name}" is truncated`);
    const words = Array.from({ length: Math.min(5, (end - at) >> 2) }, (_, i) =>
      view.getUint32(at + i * 4, true),
    );
    if (octets.subarray(at + 20, end).some((octet) => octet !== 0))
      throw refusal(
        `map "${symbol.name}" has more members than struct bpf_map_def`,
        'declare the map in section ".maps"',
      );
    const [type, keySize, valueSize, maxEntries, flags] = words as [number, number, number, number, number?];
    maps.set(at, {
      name: symbol.name,
      type,
      keySize,
      valueSize,
      maxEntries,
      ...(flags ? { flags } : {}),
    });
  });
  return maps;
}

/** The variables of a section in the order in which they lie there. */
function objects(elf: Elf, section: Section): ElfSymbol[] {
  const found = elf.symbols.filter((s) => s.section === section.index && s.type === SymbolType.OBJECT);
  if (found.length > MAP_LIMIT) throw refusal(`it has ${found.length} maps`);
  return found.sort((a, b) => a.value - b.value);
}

/** Name of a variable → its type. */
function variablesOf(btf: Btf, section: string): Map<string, BtfType> {
  const id = btf.find(Kind.DataSection, section);
  if (id === 0)
    throw refusal(
      `its BTF does not describe the section "${section}"`,
      'compile with -g, and strip with llvm-strip -g if at all',
    );
  const variables = new Map<string, BtfType>();
  for (const { type } of btf.members(btf.type(id))) {
    const variable = btf.type(type);
    if (variable.kind === Kind.Var) variables.set(variable.name, btf.resolve(variable.sizeOrType));
  }
  return variables;
}

function readDefinition(btf: Btf, struct: BtfType, map: string, isInner = false): Definition {
  if (struct.kind !== Kind.Struct) throw refusal(`${map} is not declared as a struct`);
  if (struct.count > MEMBER_LIMIT) throw refusal(`${map} has ${struct.count} members`);
  const definition: Definition = {
    type: 0,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    isPinned: false,
  };
  for (const member of btf.members(struct)) {
    const what = `"${member.name}" of ${map}`;
    switch (member.name) {
      case 'type':
        definition.type = number(btf, member.type, what);
        break;
      case 'max_entries':
        definition.maxEntries = number(btf, member.type, what);
        break;
      case 'map_flags':
        definition.flags = number(btf, member.type, what);
        break;
      case 'key_size':
        definition.keySize = number(btf, member.type, what);
        break;
      case 'value_size':
        definition.valueSize = number(btf, member.type, what);
        break;
      case 'key':
        definition.keySize = btf.sizeOf(pointee(btf, member.type, what).id);
        break;
      case 'value':
        definition.valueSize = btf.sizeOf(pointee(btf, member.type, what).id);
        break;
      // A wish for speed, not for meaning.
      case 'numa_node':
        break;
      case 'pinning':
        definition.isPinned = number(btf, member.type, what) !== 0;
        break;
      case 'values':
        if (isInner) throw refusal(`${map} are maps of maps themselves`);
        definition.slotsAt = member.bitOffset / 8;
        Object.assign(definition, inner(btf, member.type, map));
        break;
      default:
        throw refusal(`${map} has a member that is not known: "${member.name}"`);
    }
  }
  if (definition.type === 0) throw refusal(`${map} has no type`, 'add: __uint(type, BPF_MAP_TYPE_…);');
  if (definition.flags === 0) delete definition.flags;
  return withDefaults(definition);
}

/** What libbpf fills in: descriptors are 32 bits wide. */
function withDefaults(definition: Definition): Definition {
  const { type } = definition;
  const holdsDescriptors =
    type === MapType.ProgArray ||
    type === MapType.PerfEventArray ||
    type === MapType.ArrayOfMaps ||
    type === MapType.HashOfMaps;
  if (holdsDescriptors && definition.valueSize === 0) definition.valueSize = 4;
  if (holdsDescriptors && type !== MapType.HashOfMaps && definition.keySize === 0) definition.keySize = 4;
  return definition;
}

/** __uint(name, value) declares `int (*name)[value]`. */
function number(btf: Btf, id: number, what: string): number {
  const array = pointee(btf, id, what);
  if (array.kind !== Kind.Array) throw refusal(`${what} is not a number`, 'declare it with __uint()');
  return btf.array(array).length;
}

function pointee(btf: Btf, id: number, what: string): BtfType {
  const pointer = btf.resolve(id);
  if (pointer.kind !== Kind.Pointer)
    throw refusal(`${what} is not a pointer`, 'declare it with __uint() or __type()');
  return btf.resolve(pointer.sizeOrType);
}

/** __array(values, …): pointers to maps of one definition, or to programs. */
function inner(btf: Btf, id: number, map: string): { inner?: MapSpec } {
  const what = `"values" of ${map}`;
  const array = btf.resolve(id);
  if (array.kind !== Kind.Array) throw refusal(`${what} is not an array`, 'declare it with __array()');
  const element = pointee(btf, btf.array(array).element, what);
  if (element.kind === Kind.FuncProto) return {};
  const { isPinned: _, ...definition } = readDefinition(btf, element, what, true);
  return { inner: { name: 'inner', ...definition } };
}

/** Index → name of the map or function that the initializer puts there. */
function readSlots(symbol: ElfSymbol, at: number, relocations: Map<number, Relocation>): Map<number, string> {
  const slots = new Map<number, string>();
  for (const [offset, relocation] of relocations)
    if (offset >= symbol.value + at && offset < symbol.value + symbol.size)
      slots.set((offset - symbol.value - at) / POINTER, relocation.symbol.name);
  return slots;
}
