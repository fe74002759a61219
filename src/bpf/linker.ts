import type { InstructionNotes } from './btf-ext.js';
import { decode, distance } from './decode.js';
import { type Elf, type Relocation, relocationsOf, type Section } from './elf.js';
import type { Functions, ObjectFunction } from './functions.js';
import { CALL, Class, type Instruction, isWide, PseudoCall, type SourceLine } from './instruction.js';
import type { FunctionSpec, ProgramSpec } from './program.js';
import { refusal, refusalOf } from './refusal.js';
import { relocate, type Symbols } from './relocate.js';

/** The body of one function, with names in the place of offsets. */
interface Body {
  readonly instructions: readonly Instruction[];
  /** Label → index into `instructions`. */
  readonly labels: ReadonlyMap<string, number>;
  /** In the order of their first call. */
  readonly reaches: ReadonlySet<ObjectFunction>;
}

export type Flattened = Pick<ProgramSpec, 'instructions' | 'labels' | 'functions'>;

/** The kernel takes no longer program (BPF_COMPLEXITY_LIMIT_INSNS); here it holds for all programs of a file together. */
const INSTRUCTION_LIMIT = 1_000_000;

/** Puts programs together from the functions that they reach. */
export class Linker {
  readonly #bodies = new Map<ObjectFunction, Body>();
  readonly #relocations = new Map<Section, Map<number, Relocation>>();
  #room = INSTRUCTION_LIMIT;

  constructor(
    readonly elf: Elf,
    readonly functions: Functions,
    readonly symbols: Symbols,
    readonly notes: ReadonlyMap<string, InstructionNotes>,
  ) {}

  /** The entry, then all that it reaches. */
  flatten(entry: ObjectFunction): Flattened {
    const instructions: Instruction[] = [];
    const labels = new Map<string, number>();
    const functions: FunctionSpec[] = [];
    const reached = new Set([entry]);
    // A set goes on with what is added to it on the way.
    for (const f of reached) {
      const at = instructions.length;
      const body = this.#body(f);
      this.#room -= body.instructions.length;
      if (this.#room < 0)
        throw refusal(`its programs have more than ${INSTRUCTION_LIMIT.toLocaleString('en')} instructions`);
      for (const i of body.instructions) instructions.push(i);
      for (const [label, index] of body.labels) labels.set(label, at + index);
      const { name, isGlobal, typeId } = f;
      functions.push({ name, at, isGlobal, ...(typeId === undefined ? {} : { typeId }) });
      for (const callee of body.reaches) reached.add(callee);
    }
    return { instructions, labels, functions };
  }

  #body(f: ObjectFunction): Body {
    const known = this.#bodies.get(f);
    if (known) return known;
    try {
      const body = this.#read(f);
      this.#bodies.set(f, body);
      return body;
    } catch (e) {
      throw refusalOf(`function "${f.name}"`, e);
    }
  }

  #read({ name, section, at, end }: ObjectFunction): Body {
    const { instructions: raw, slots, indexes } = decode(section.octets.subarray(at, end));
    const lines = this.notes.get(section.name)?.lines;
    const relocations = this.#relocationsOf(section);
    const labels = new Map([[name, 0]]);
    const reaches = new Set<ObjectFunction>();
    let source: SourceLine | undefined;

    const jump = (slot: number): string => {
      const index = indexes[slot] ?? -1;
      if (index < 0) throw refusal('it jumps to where no instruction of its function starts');
      const label = `${name}+${slot}`;
      labels.set(label, index);
      return label;
    };
    const call = (octet: number, of: Section = section): string => {
      const callee = this.functions.get(of.index)?.get(octet);
      if (!callee) throw refusal(`no function starts at octet ${octet} of section "${of.name}"`);
      reaches.add(callee);
      return callee.name;
    };
    const resolve = (i: Instruction, slot: number): Instruction => {
      const octet = at + slot * 8;
      const relocation = relocations.get(octet);
      if (relocation) return relocate(i, relocation, this.symbols, call);
      if (isWide(i) && i.src !== 0) throw refusal('it refers to something without a name');
      if (i.opcode === (Class.JMP | CALL) && i.src !== PseudoCall.Helper) {
        if (i.src !== PseudoCall.Local) throw refusal('it calls a function without a name');
        return { ...i, imm: 0, target: call(octet + (i.imm + 1) * 8) };
      }
      const slotsOn = distance(i);
      return slotsOn === undefined ? i : { ...i, target: jump(slot + 1 + slotsOn) };
    };

    const instructions = raw.map((i, index) => {
      const slot = slots[index]!;
      source = lines?.get(at + slot * 8) ?? source;
      try {
        const resolved = resolve(i, slot);
        return source ? { ...resolved, source } : resolved;
      } catch (e) {
        throw refusalOf(`${source ? `${source.file}:${source.line}: ` : ''}instruction ${index}`, e);
      }
    });
    return { instructions, labels, reaches };
  }

  #relocationsOf(section: Section): Map<number, Relocation> {
    const relocations = this.#relocations.get(section) ?? relocationsOf(this.elf, section);
    this.#relocations.set(section, relocations);
    return relocations;
  }
}
