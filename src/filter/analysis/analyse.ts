// Data flow over a filter: which fields of its context it touches, how deep its stack is, what it gives to the helpers. All back ends
// start from it. It believes nothing that the kernel's verifier would have to prove first: "unknown" is always a right answer.
import { CALL, Class, EXIT, type Instruction, isWide, Pseudo, PseudoCall } from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/program.js';
import { CONTEXT_LENGTH } from '../context.js';
import { programEntry, State, sizeOf } from './state.js';
import { UNKNOWN, type Value } from './value.js';

export interface Analysis {
  /** In the order of the program's functions; the entry is the first. */
  readonly functions: readonly FunctionFacts[];
  /** Offsets of the words of struct __sk_buff that are read or written. */
  readonly fields: ReadonlySet<number>;
  /** The context went where data flow cannot follow, as a structure in memory does that is handed to a function: any field may be read there. */
  readonly contextEscapes: boolean;
  /** What r0 to r10 hold before an instruction that calls, or touches memory; undefined for others, and where no way leads. */
  registers(index: number): readonly Value[] | undefined;
}

export interface FunctionFacts {
  readonly name: string;
  /** First instruction, and the one behind the last. */
  readonly at: number;
  readonly end: number;
  /** Deepest octet of its stack that has an address, a multiple of 8. */
  readonly stack: number;
  /** Indexes of functions that it calls, or hands to a helper as a callback. */
  readonly calls: ReadonlySet<number>;
}

/** Helpers that call a function of the program: bpf_for_each_map_elem, timer_set_callback, loop, user_ringbuf_drain. */
const CALLERS = new Set([164, 170, 181, 209]);
const isCallback = (i: Instruction): boolean =>
  isWide(i) && i.src === Pseudo.Function && i.target !== undefined;
const isLocalCall = (i: Instruction): boolean => isCall(i) && i.src === PseudoCall.Local;
export const isCall = (i: Instruction): boolean => i.opcode === (Class.JMP | CALL);
export const isExit = (i: Instruction): boolean => i.opcode === (Class.JMP | EXIT);
const isJump = (i: Instruction): boolean => {
  const group = i.opcode & 7;
  return (group === Class.JMP || group === Class.JMP32) && !isCall(i) && !isExit(i);
};
const isAlways = (i: Instruction): boolean => i.opcode === Class.JMP || i.opcode === Class.JMP32;
/** LD_ABS and LD_IND end the function where the frame is too short. */
export const isFrameLoad = (i: Instruction): boolean => (i.opcode & 7) === Class.LD && !isWide(i);
const touchesMemory = (i: Instruction): boolean => {
  const group = i.opcode & 7;
  return group === Class.LDX || group === Class.ST || group === Class.STX || isFrameLoad(i);
};

export const analyse = (program: ProgramSpec): Analysis => new Flow(program);

class Flow implements Analysis {
  readonly fields = new Set<number>();
  contextEscapes = false;
  readonly functions: readonly { name: string; at: number; end: number; stack: number; calls: Set<number> }[];
  readonly #registers = new Map<number, readonly Value[]>();
  /** State before the first instruction of a block. */
  readonly #blocks = new Map<number, State>();
  readonly #waiting: number[] = [];
  readonly #leaders: Uint8Array;
  readonly #functionAt = new Map<number, number>();

  constructor(readonly program: ProgramSpec) {
    const { instructions } = program;
    const specs = program.functions ?? [{ name: program.name, at: 0 }];
    this.functions = specs.map(({ name, at }, n) => ({
      name,
      at,
      end: specs[n + 1]?.at ?? instructions.length,
      stack: 0,
      calls: new Set(),
    }));
    this.#leaders = new Uint8Array(instructions.length + 1);
    for (const [n, { at }] of this.functions.entries()) {
      this.#functionAt.set(at, n);
      this.#leaders[at] = 1;
    }
    instructions.forEach((i, index) => {
      if (!isJump(i)) return;
      this.#leaders[this.#target(i)] = 1;
      this.#leaders[index + 1] = 1;
    });
    this.#arrive(0, programEntry());
    for (let at = this.#waiting.pop(); at !== undefined; at = this.#waiting.pop()) this.#block(at, false);
    for (const at of this.#blocks.keys()) this.#block(at, true);
  }

  registers(index: number): readonly Value[] | undefined {
    return this.#registers.get(index);
  }

  #target(i: Instruction): number {
    return this.program.labels.get(i.target!)!;
  }

  #arrive(at: number, state: State): void {
    const known = this.#blocks.get(at);
    if (known === undefined) this.#blocks.set(at, state.copy());
    else if (!known.join(state)) return;
    this.#waiting.push(at);
  }

  /** Follows a block to its end; once nothing changes any more, keeps what is known in it. */
  #block(at: number, isFinal: boolean): void {
    const { instructions } = this.program;
    const state = this.#blocks.get(at)!.copy();
    const own = this.functions.findLast((f) => f.at <= at)!;
    for (let index = at; index < own.end; index++) {
      const i = instructions[index]!;
      if (isFinal) this.#keep(i, index, state, own);
      else if (isCallback(i)) this.#enter(this.#target(i), own, new Array<Value>(5).fill(UNKNOWN));
      if (isLocalCall(i) && !isFinal) this.#enter(this.#target(i), own, state.registers.slice(1, 6));
      if (isExit(i)) return;
      if (isJump(i)) {
        if (!isFinal) {
          this.#arrive(this.#target(i), state);
          if (!isAlways(i)) this.#arrive(index + 1, state);
        }
        return;
      }
      state.step(i);
      if (this.#leaders[index + 1] === 1) {
        if (!isFinal && index + 1 < own.end) this.#arrive(index + 1, state);
        return;
      }
    }
  }

  /** A callee sees its caller's constants and the context; an address in the caller's stack means nothing to it. */
  #enter(at: number, caller: { calls: Set<number> }, parameters: readonly Value[]): void {
    caller.calls.add(this.#functionAt.get(at)!);
    this.#arrive(at, State.entry(parameters.map((v) => (v.kind === 'frame' ? UNKNOWN : v))));
  }

  #keep(i: Instruction, index: number, state: State, own: { stack: number }): void {
    const { registers } = state;
    for (const value of registers)
      if (value.kind === 'frame' && value.offset !== undefined) deepen(own, value.offset);
    if (isCall(i)) {
      this.#registers.set(index, [...registers]);
      const holdsContext = [...state.slots.values()].some((v) => v.kind === 'context');
      const reaches = isLocalCall(i) || (i.src === PseudoCall.Helper && CALLERS.has(i.imm));
      if (reaches && holdsContext && registers.slice(1, 6).some((v) => v.kind === 'frame'))
        this.contextEscapes = true;
    }
    if (!touchesMemory(i)) return;
    this.#registers.set(index, [...registers]);
    if (isFrameLoad(i)) return;
    const group = i.opcode & 7;
    const base = registers[group === Class.LDX ? i.src : i.dst]!;
    if (base.kind === 'context') this.#touch(base.offset + i.offset, sizeOf(i));
    if (base.kind === 'frame' && base.offset !== undefined) deepen(own, base.offset + i.offset);
    const isStored = group === Class.STX && registers[i.src]!.kind === 'context';
    if (isStored && base.kind !== 'frame') this.contextEscapes = true;
  }

  #touch(offset: number, size: number): void {
    for (let word = offset & ~3; word < offset + size && word < CONTEXT_LENGTH; word += 4)
      if (word >= 0) this.fields.add(word);
  }
}

function deepen(own: { stack: number }, offset: number): void {
  own.stack = Math.max(own.stack, (-offset + 7) & ~7);
}
