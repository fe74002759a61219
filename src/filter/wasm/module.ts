// WebAssembly core specification 2.0, §5.5: a module as octets.
import { Code } from './code.js';
import { Op, Type } from './opcode.js';

export interface FunctionType {
  readonly parameters: readonly Type[];
  readonly results: readonly Type[];
}

export interface ModuleFunction {
  readonly type: FunctionType;
  /** Besides the parameters. */
  readonly locals: readonly Type[];
  readonly code: Code;
  readonly exportedAs?: string;
}

/** Functions are numbered through: the imported ones first. */
export interface ModuleSpec {
  /** Of the module `evlnet`, which also gives the memory. */
  readonly imports: readonly { readonly name: string; readonly type: FunctionType }[];
  readonly functions: readonly ModuleFunction[];
  /** Variables of 32 bits that start as 0. */
  readonly globals: readonly { readonly exportedAs?: string }[];
}

const Section = { type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const Kind = { function: 0, memory: 2, global: 3 } as const;
const MUTABLE = 1;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export function encodeModule(spec: ModuleSpec): Uint8Array {
  const types: FunctionType[] = [];
  const numbers = new Map<string, number>();
  const typeOf = (type: FunctionType): number => {
    const key = `${type.parameters}>${type.results}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, types.length);
    return types.push(type) - 1;
  };

  const imports = new Code();
  imports.unsigned(spec.imports.length + 1);
  name(name(imports, 'evlnet'), 'memory').octet(Kind.memory).octet(0).unsigned(1);
  for (const i of spec.imports)
    name(name(imports, 'evlnet'), i.name).octet(Kind.function).unsigned(typeOf(i.type));

  const functions = list(spec.functions, (code, f) => code.unsigned(typeOf(f.type)));
  const globals = list(spec.globals, (code) => code.octet(Type.i32).octet(MUTABLE).i32(0).end());
  const exported = [
    ...spec.functions.map((f, n) => [f.exportedAs, Kind.function, spec.imports.length + n] as const),
    ...spec.globals.map((g, n) => [g.exportedAs, Kind.global, n] as const),
  ].flatMap(([as, kind, index]) => (as === undefined ? [] : [{ as, kind, index }]));
  const exports = list(exported, (code, e) => name(code, e.as).octet(e.kind).unsigned(e.index));
  const bodies = list(spec.functions, (code, f) => {
    const body = new Code();
    body.unsigned(f.locals.length);
    for (const type of f.locals) body.unsigned(1).octet(type);
    body.append(f.code.octets).op(Op.end);
    code.unsigned(body.length).append(body.octets);
  });

  const module = new Code();
  module.append(HEADER);
  const section = (id: number, content: Code) =>
    module.octet(id).unsigned(content.length).append(content.octets);
  section(
    Section.type,
    list(types, (code, t) => {
      code.octet(0x60).unsigned(t.parameters.length).append(t.parameters);
      code.unsigned(t.results.length).append(t.results);
    }),
  );
  section(Section.import, imports);
  section(Section.function, functions);
  section(Section.global, globals);
  section(Section.export, exports);
  section(Section.code, bodies);
  return module.octets.slice();
}

function list<T>(items: readonly T[], write: (code: Code, item: T) => void): Code {
  const code = new Code();
  code.unsigned(items.length);
  for (const item of items) write(code, item);
  return code;
}

function name(code: Code, text: string): Code {
  const octets = new TextEncoder().encode(text);
  return code.unsigned(octets.length).append(octets);
}
