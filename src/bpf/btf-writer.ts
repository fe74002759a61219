// The BTF (Documentation/bpf/btf.rst) that a program is loaded with: its functions with what their prototypes reach, and
// the lines that the verifier quotes.
import { type Btf, Kind, MAGIC } from './btf.js';
import type { Instruction, SourceLine } from './instruction.js';
import { type FunctionSpec, type ProgramSpec, slotsOf } from './program.js';
import { refusal } from './refusal.js';

export interface ProgramTypes {
  readonly btf: Uint8Array;
  /** struct bpf_func_info, 8 octets a record. */
  readonly functions: Uint8Array;
  /** struct bpf_line_info, 16 octets a record. */
  readonly lines: Uint8Array;
}

const HEADER = 24;
const INT_SIGNED = 1 << 24;
const STATIC = 0;
const GLOBAL = 1;
/** More than any function has (the kernel takes 5 in registers); what they refer to is a handful each. */
const PARAMETER_LIMIT = 64;
const TYPE_LIMIT = 4096;
/** Where the kind stands in a type's second word. */
const KIND = 24;
const COLUMN_BITS = 10;
const COLUMN_MASK = 0x3ff;
const LINE_MASK = 0x3fffff;

/** Undefined where nothing is known of the program: no lines, no functions but the entry. */
export function programTypes(program: ProgramSpec): ProgramTypes | undefined {
  const { name, instructions, btf } = program;
  const hasLines = instructions.some((i) => i.source !== undefined || i.comment !== undefined);
  if (!hasLines && program.functions === undefined) return undefined;
  const entry: FunctionSpec = { name, at: 0, isGlobal: false };
  const functions = program.functions ?? [entry];
  const writer = new TypeWriter(btf);
  const slots = slotsOf(instructions);
  const infos = functions.flatMap((f) => [slots[f.at]!, writer.func(f)]);
  writer.tag(functions);
  const lines = hasLines
    ? lineRecords(writer, name, instructions, slots, new Set(functions.map((f) => f.at)))
    : [];
  return {
    btf: writer.finish(),
    functions: new Uint8Array(Uint32Array.from(infos).buffer),
    lines: new Uint8Array(Uint32Array.from(lines).buffer),
  };
}

/** A record where a line starts, and where a function does: the kernel wants one there. */
export function lineRecords(
  writer: TypeWriter,
  name: string,
  instructions: readonly Instruction[],
  slots: readonly number[],
  starts: ReadonlySet<number>,
): number[] {
  const own = writer.string(`${name}.evlnet`);
  const records: number[] = [];
  let comments = 0;
  let last: SourceLine | string | undefined;
  instructions.forEach(({ source, comment }, index) => {
    const line = source ?? comment;
    if (!starts.has(index) && (line === undefined || line === last)) return;
    last = line;
    if (typeof line === 'object')
      records.push(
        slots[index]!,
        writer.string(line.file),
        writer.string(line.text),
        ((line.line & LINE_MASK) << COLUMN_BITS) | (line.column & COLUMN_MASK),
      );
    else records.push(slots[index]!, own, writer.string(line ?? ''), ++comments << COLUMN_BITS);
  });
  return records;
}

/** Writes types under new ids: new ones, and copies from an object's BTF with what they refer to. */
export class TypeWriter {
  readonly #strings: Uint8Array[] = [];
  #stringsLength = 1;
  readonly #known = new Map<string, number>([['', 0]]);
  readonly #encoder = new TextEncoder();
  /** Id less one → words of the type. */
  readonly #types: (readonly number[])[] = [];
  /** Id in the object → id here. */
  readonly #ids = new Map<number, number>([[0, 0]]);
  /** In the object, still to be copied. */
  readonly #waiting: number[] = [];
  #int: number | undefined;
  #untyped = 0;

  constructor(readonly from?: Btf) {}

  string(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const at = this.#stringsLength;
    const octets = this.#encoder.encode(text);
    this.#strings.push(octets);
    this.#stringsLength += octets.length + 1;
    this.#known.set(text, at);
    return at;
  }

  /** Id of a new type, of these words. */
  type(...words: number[]): number {
    return this.#types.push(words);
  }

  int(): number {
    this.#int ??= this.type(this.string('int'), Kind.Int << KIND, 4, INT_SIGNED | 32);
    return this.#int;
  }

  /**
   * Id of the function. One of which no type is known is static and returns int: the kernel looks at what such a function
   * does, not at what its prototype says.
   */
  func({ name, isGlobal, typeId }: FunctionSpec): number {
    if (!this.from || typeId === undefined) {
      if (this.#untyped === 0) {
        this.#untyped = this.type(0, Kind.FuncProto << KIND, this.int());
      }
      return this.type(this.string(name), (Kind.Func << KIND) | STATIC, this.#untyped);
    }
    const { kind, name: declared, sizeOrType } = this.from.type(typeId);
    if (kind !== Kind.Func) throw refusal(`the type of function "${name}" is not that of a function`);
    const linkage = isGlobal ? GLOBAL : STATIC;
    const id = this.#types.push([
      this.string(declared),
      (Kind.Func << KIND) | linkage,
      this.#refer(sizeOrType),
    ]);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      this.#types[this.#ids.get(next)! - 1] = this.#copy(this.from, next);
    return id;
  }

  /** What is said of the parameters of these functions (__arg_ctx and the like): the kernel asks for it in global ones. */
  tag(functions: readonly FunctionSpec[]): void {
    const wanted = new Set(functions.filter((f) => f.isGlobal).map((f) => f.typeId));
    if (!this.from || wanted.size === 0) return;
    for (const id of this.from.idsOf(Kind.DeclTag)) {
      const { name, sizeOrType } = this.from.type(id);
      const [, info, , parameter] = this.from.words(id) as [number, number, number, number];
      if (wanted.has(sizeOrType))
        this.#types.push([this.string(name), info, this.#ids.get(sizeOrType)!, parameter]);
    }
  }

  finish(): Uint8Array {
    const types = Uint32Array.from(this.#types.flat());
    const btf = new Uint8Array(HEADER + types.byteLength + this.#stringsLength);
    const v = new DataView(btf.buffer);
    v.setUint16(0, MAGIC, true);
    v.setUint8(2, 1);
    v.setUint32(4, HEADER, true);
    v.setUint32(12, types.byteLength, true);
    v.setUint32(16, types.byteLength, true);
    v.setUint32(20, this.#stringsLength, true);
    btf.set(new Uint8Array(types.buffer), HEADER);
    let at = HEADER + types.byteLength + 1;
    for (const octets of this.#strings) {
      btf.set(octets, at);
      at += octets.length + 1;
    }
    return btf;
  }

  /** Id here of a type of the object; its words follow. */
  #refer(id: number): number {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    if (this.#types.length === TYPE_LIMIT)
      throw refusal(`its functions need more than ${TYPE_LIMIT} BTF types`);
    const here = this.#types.push([]);
    this.#ids.set(id, here);
    this.#waiting.push(id);
    return here;
  }

  #copy(from: Btf, id: number): readonly number[] {
    const type = from.type(id);
    const [, info, sizeOrType, ...rest] = from.words(id) as [number, number, number, ...number[]];
    const name = this.string(type.name);
    switch (type.kind) {
      case Kind.Int:
      case Kind.Float:
      case Kind.Forward:
        return [name, info, sizeOrType, ...rest];
      // The kernel asks for name and size of what a global function is handed, never for what is inside.
      case Kind.Struct:
      case Kind.Union:
      case Kind.Enum:
      case Kind.Enum64:
        return [name, type.kind << KIND, sizeOrType];
      case Kind.Pointer:
      case Kind.Typedef:
      case Kind.Volatile:
      case Kind.Const:
      case Kind.Restrict:
      case Kind.TypeTag:
        return [name, info, this.#refer(sizeOrType)];
      case Kind.Array:
        return [name, info, 0, this.#refer(rest[0]!), this.#refer(rest[1]!), rest[2]!];
      case Kind.FuncProto: {
        if (type.count > PARAMETER_LIMIT) throw refusal(`BTF type ${id} has ${type.count} parameters`);
        const parameters = from.members(type).flatMap((p) => [this.string(p.name), this.#refer(p.type)]);
        return [0, info, this.#refer(sizeOrType), ...parameters];
      }
      default:
        throw refusal(`BTF type ${id} is of kind ${type.kind}, which a function cannot be made of`);
    }
  }
}
