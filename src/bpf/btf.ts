// BPF Type Format, Documentation/bpf/btf.rst, <linux/btf.h>: the types of an object file or of the kernel.
import { refusal } from './refusal.js';
import { StringTable } from './string-table.js';

export const Kind = {
  Void: 0,
  Int: 1,
  Pointer: 2,
  Array: 3,
  Struct: 4,
  Union: 5,
  Enum: 6,
  Forward: 7,
  Typedef: 8,
  Volatile: 9,
  Const: 10,
  Restrict: 11,
  Func: 12,
  FuncProto: 13,
  Var: 14,
  DataSection: 15,
  Float: 16,
  DeclTag: 17,
  TypeTag: 18,
  Enum64: 19,
} as const;

export interface BtfType {
  readonly id: number;
  readonly kind: number;
  readonly name: string;
  /** Of an int, struct, union, enum or float: its size in octets; of the others, the id of the type that it refers to. */
  readonly sizeOrType: number;
  /** Number of members, parameters, values or variables; of a function, its linkage. */
  readonly count: number;
}

/** A member of a struct or union, a parameter, or a variable of a section. */
export interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** Of a member, in bits. */
  readonly bitOffset: number;
}

export const MAGIC = 0xeb9f;
const HEADER = 24;
const TYPE = 12;
/** Octets behind the common part: fixed, or for each of `count`. */
const TRAILER: Readonly<Record<number, number>> = {
  [Kind.Int]: 4,
  [Kind.Array]: 12,
  [Kind.Var]: 4,
  [Kind.DeclTag]: 4,
};
const MEMBER: Readonly<Record<number, number>> = {
  [Kind.Struct]: 12,
  [Kind.Union]: 12,
  [Kind.Enum]: 8,
  [Kind.FuncProto]: 8,
  [Kind.DataSection]: 12,
  [Kind.Enum64]: 12,
};
/** As many as the kernel follows (MAX_RESOLVE_DEPTH, kernel/bpf/btf.c). */
const DEPTH_LIMIT = 32;
const COLUMN_BITS = 10;

/** Where header and tables lie. */
interface Layout {
  readonly types: number;
  readonly typesEnd: number;
  readonly strings: Uint8Array;
}

export class Btf {
  readonly #view: DataView;
  readonly #strings: StringTable;
  readonly #typesEnd: number;
  /** Id → octet that the type starts at; id 0 is void. */
  readonly #starts: number[] = [0];

  readonly #idsOf = new Map<number, readonly number[]>();

  /** `octets` as in the section .BTF, without reading more than where each type starts. */
  constructor(readonly octets: Uint8Array) {
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const { types, typesEnd, strings } = layout(this.#view, octets);
    this.#strings = new StringTable(strings, 'the names in its BTF');
    this.#typesEnd = typesEnd;
    for (let at = types; at < typesEnd; ) {
      const id = this.#starts.length;
      if (at + TYPE > typesEnd) throw refusal(`BTF type ${id} is truncated`);
      const info = this.#view.getUint32(at + 4, true);
      const kind = (info >>> 24) & 0x1f;
      if (kind === 0 || kind > Kind.Enum64) throw refusal(`BTF type ${id} is of an unknown kind, ${kind}`);
      this.#starts.push(at);
      at += TYPE + (TRAILER[kind] ?? (MEMBER[kind] ?? 0) * (info & 0xffff));
      if (at > typesEnd) throw refusal(`BTF type ${id} is truncated`);
    }
  }

  /** Number of ids, that of void (0) included. */
  get count(): number {
    return this.#starts.length;
  }

  string(at: number): string {
    return this.#strings.at(at);
  }

  type(id: number): BtfType {
    if (id === 0) return { id, kind: Kind.Void, name: 'void', sizeOrType: 0, count: 0 };
    const at = this.#starts[id];
    if (at === undefined) throw refusal(`BTF type ${id} is not there`);
    const info = this.#view.getUint32(at + 4, true);
    return {
      id,
      kind: (info >>> 24) & 0x1f,
      name: this.string(this.#view.getUint32(at, true)),
      sizeOrType: this.#view.getUint32(at + 8, true),
      count: info & 0xffff,
    };
  }

  /** The type as it stands: offset of its name, kind and count, size or type, and what follows. */
  words(id: number): number[] {
    const at = this.#starts[id]!;
    const end = this.#starts[id + 1] ?? this.#typesEnd;
    return Array.from({ length: (end - at) / 4 }, (_, n) => this.#view.getUint32(at + n * 4, true));
  }

  /** Ids of all types of that kind. */
  idsOf(kind: number): readonly number[] {
    const known = this.#idsOf.get(kind);
    if (known) return known;
    const ids: number[] = [];
    for (let id = 1; id < this.#starts.length; id++)
      if (((this.#view.getUint32(this.#starts[id]! + 4, true) >>> 24) & 0x1f) === kind) ids.push(id);
    this.#idsOf.set(kind, ids);
    return ids;
  }

  /** Id of the first type of that kind and name, 0 if there is none. */
  find(kind: number, name: string): number {
    const wanted = new TextEncoder().encode(`${name}\0`);
    const { octets } = this.#strings;
    for (const id of this.idsOf(kind)) {
      const start = this.#view.getUint32(this.#starts[id]!, true);
      let i = 0;
      while (i < wanted.length && octets[start + i] === wanted[i]) i++;
      if (i === wanted.length) return id;
    }
    return 0;
  }

  /** Members of a struct or union, parameters of a prototype, variables of a data section. */
  members({ id, kind, count }: BtfType): BtfMember[] {
    const at = this.#starts[id]! + TYPE;
    const isBitfield = kind !== Kind.FuncProto && this.#view.getUint32(at - 8, true) >>> 31 === 1;
    const u32 = (offset: number) => this.#view.getUint32(offset, true);
    return Array.from({ length: count }, (_, n) => {
      if (kind === Kind.DataSection) return { name: '', type: u32(at + n * 12), bitOffset: 0 };
      if (kind === Kind.FuncProto)
        return { name: this.string(u32(at + n * 8)), type: u32(at + n * 8 + 4), bitOffset: 0 };
      const offset = u32(at + n * 12 + 8);
      return {
        name: this.string(u32(at + n * 12)),
        type: u32(at + n * 12 + 4),
        bitOffset: isBitfield ? offset & 0xffffff : offset,
      };
    });
  }

  /** Element type and number of elements. */
  array({ id }: BtfType): { element: number; length: number } {
    const at = this.#starts[id]! + TYPE;
    return { element: this.#view.getUint32(at, true), length: this.#view.getUint32(at + 8, true) };
  }

  /** The type behind typedefs and qualifiers. */
  resolve(id: number): BtfType {
    let type = this.type(id);
    for (let depth = 0; isAlias(type.kind); depth++) {
      if (depth === DEPTH_LIMIT) throw refusal(`BTF type ${id} refers to itself`);
      type = this.type(type.sizeOrType);
    }
    return type;
  }

  /** In octets. */
  sizeOf(id: number, depth = 0): number {
    if (depth === DEPTH_LIMIT) throw refusal(`BTF type ${id} contains itself`);
    const type = this.resolve(id);
    switch (type.kind) {
      case Kind.Int:
      case Kind.Struct:
      case Kind.Union:
      case Kind.Enum:
      case Kind.Enum64:
      case Kind.Float:
        return type.sizeOrType;
      case Kind.Pointer:
        return 8;
      case Kind.Array: {
        const { element, length } = this.array(type);
        return length * this.sizeOf(element, depth + 1);
      }
      default:
        throw refusal(`BTF type ${id}${type.name === '' ? '' : ` ("${type.name}")`} has no size`);
    }
  }
}

const isAlias = (kind: number) =>
  kind === Kind.Typedef ||
  kind === Kind.Volatile ||
  kind === Kind.Const ||
  kind === Kind.Restrict ||
  kind === Kind.TypeTag;

function layout(view: DataView, octets: Uint8Array): Layout {
  if (octets.length < HEADER) throw refusal(`its BTF is truncated: ${octets.length} octets`);
  const magic = view.getUint16(0, true);
  if (magic !== MAGIC)
    throw refusal(`its BTF starts with 0x${magic.toString(16)}, not 0x${MAGIC.toString(16)}`);
  if (view.getUint8(2) !== 1) throw refusal(`its BTF is of version ${view.getUint8(2)}, not 1`);
  const header = view.getUint32(4, true);
  const types = header + view.getUint32(8, true);
  const typesEnd = types + view.getUint32(12, true);
  const strings = header + view.getUint32(16, true);
  const stringsEnd = strings + view.getUint32(20, true);
  if (header < HEADER || typesEnd > octets.length || stringsEnd > octets.length)
    throw refusal('its BTF is truncated');
  return { types, typesEnd, strings: octets.subarray(strings, stringsEnd) };
}

/** Line and column of a bpf_line_info. */
export const lineOf = (word: number) => word >>> COLUMN_BITS;
export const columnOf = (word: number) => word & ((1 << COLUMN_BITS) - 1);
