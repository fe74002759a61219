// Data flow over a filter: which fields of its context it touches, how deep its stack is, what it gives to the helpers. All back ends
// start from it. It believes nothing that the kernel's verifier would have to prove first: "unknown" is always a right answer.
import { CALL, Class, EXIT, type Instruction, isWide, PseudoCall } from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/program.js';
import { CONTEXT_LENGTH } from '../context.js';
import { programEntry, State, sizeOf } from './state.js';
import { UNKNOWN, type Value } from './value.js';

export interface Analysis {
  /** In the order of the program's functions; the entry is the first. */
  readonly functions: readonly FunctionFacts[];
  /** Offsets of the words of struct __sk_buff that are read or written. */
  readonly fields: ReadonlySet<number>;
  /** The context went where data flow cannot follow: any field may be read there. */
  readonly contextEscapes: boolean;
  /** What r0 to r10 hold before an instruction that calls, touches memory or jumps on a condition; undefined for others, and where no way leads. */
  registers(index: number): readonly Value[] | undefined;
}

export interface FunctionFacts {
  readonly name: string;
  /** First instruction, and the one behind the last. */
  readonly at: number;
  readonly end: number;
  /** Deepest octet of its stack that has an address, a multiple of 8. */
  readonly stack: number;
}

export const isCall = (i: Instruction): boolean => i.opcode === (Class.JMP | CALL);
export const isExit = (i: Instruction): boolean => i.opcode === (Class.JMP | EXIT);
/** LD_ABS and LD_IND end the function where the frame is too short. */
export const isFrameLoad = (i: Instruction): boolean => (i.opcode & 7) === Class.LD && !isWide(i);

const isLocalCall = (i: Instruction): boolean => isCall(i) && i.src === PseudoCall.Local;
export const isJump = (i: Instruction): boolean => {
  const group = i.opcode & 7;
  return (group === Class.JMP || group === Class.JMP32) && !isCall(i) && !isExit(i);
};
const isAlways = (i: Instruction): boolean => i.opcode === Class.JMP || i.opcode === Class.JMP32;
const touchesMemory = (i: Instruction): boolean => {
  const group = i.opcode & 7;
  return group === Class.LDX || group === Class.ST || group === Class.STX || isFrameLoad(i);
};

/**
 * Helpers that call a function of the program with an argument of the caller's: bpf_for_each_map_elem, bpf_loop, bpf_user_ringbuf_drain.
 * Register of that argument, and of the function's parameter that it becomes.
 */
const CALLBACKS = new Map([
  [164, { from: 3, to: 4 }],
  [181, { from: 3, to: 2 }],
  [209, { from: 3, to: 2 }],
]);

export const analyse = (program: ProgramSpec): Analysis => new Flow(program);

class Flow implements Analysis {
  readonly fields = new Set<number>();
  contextEscapes = false;
  readonly functions: readonly { name: string; at: number; end: number; stack: number }[];
  readonly #registers = new Map<number, readonly Value[]>();
  /** State before the first instruction of a block. */
  readonly #blocks = new Map<number, State>();
  readonly #waiting: number[] = [];
  readonly #leaders: Uint8Array;

  constructor(readonly program: ProgramSpec) {
    const { instructions } = program;
    const specs = program.functions ?? [{ name: program.name, at: 0 }];
    this.functions = specs.map(({ name, at }, n) => ({
      name,
      at,
      end: specs[n + 1]?.at ?? instructions.length,
      stack: 0,
    }));
    this.#leaders = new Uint8Array(instructions.length + 1);
    for (const { at } of this.functions) this.#leaders[at] = 1;
    instructions.forEach((i, index) => {
      if (!isJump(i)) return;
      this.#leaders[this.#target(i.target!)] = 1;
      this.#leaders[index + 1] = 1;
    });
    this.#flow(0, programEntry());
    // A function that nothing was seen to call is called by something unseen, with anything.
    for (const { at } of this.functions) {
      if (this.#blocks.has(at)) continue;
      this.contextEscapes = true;
      this.#flow(at, State.entry([]));
    }
    for (const at of this.#blocks.keys()) this.#block(at, true);
  }

  registers(index: number): readonly Value[] | undefined {
    return this.#registers.get(index);
  }

  #target(label: string): number {
    return this.program.labels.get(label)!;
  }

  #flow(from: number, state: State): void {
    this.#arrive(from, state);
    for (let at = this.#waiting.pop(); at !== undefined; at = this.#waiting.pop()) this.#block(at, false);
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
      else if (isCall(i)) this.#enter(i, state);
      if (isExit(i)) return;
      if (isJump(i)) {
        if (isFinal) return;
        this.#arrive(this.#target(i.target!), state);
        if (!isAlways(i)) this.#arrive(index + 1, state);
        return;
      }
      state.step(i);
      if (this.#leaders[index + 1] === 1) {
        if (!isFinal && index + 1 < own.end) this.#arrive(index + 1, state);
        return;
      }
    }
  }

  /** The functions that a call leads to, with what they are given. */
  #enter(i: Instruction, state: State): void {
    const given = state.registers.slice(0, 6);
    if (isLocalCall(i)) {
      this.#arrive(this.#target(i.target!), State.entry(given.slice(1).map((v) => state.lend(v))));
      return;
    }
    const callback = i.src === PseudoCall.Helper ? CALLBACKS.get(i.imm) : undefined;
    for (const called of given) {
      if (called.kind !== 'function') continue;
      const parameters = new Array<Value>(5).fill(UNKNOWN);
      if (callback) parameters[callback.to - 1] = state.lend(given[callback.from]!);
      this.#arrive(this.#target(called.label), State.entry(parameters));
    }
  }

  #keep(i: Instruction, index: number, state: State, own: { stack: number }): void {
    const { registers } = state;
    for (const value of registers) deepen(own, value, 0);
    if (isCall(i)) {
      this.#registers.set(index, [...registers]);
      const reaches = isLocalCall(i) || registers.slice(1, 6).some((v) => v.kind === 'function');
      if (reaches) this.#contain(state);
    }
    if (isJump(i) && !isAlways(i)) this.#registers.set(index, [...registers]);
    if (!touchesMemory(i)) return;
    this.#registers.set(index, [...registers]);
    if (isFrameLoad(i)) return;
    const group = i.opcode & 7;
    const base = registers[group === Class.LDX ? i.src : i.dst]!;
    if (base.kind === 'context') this.#touch(base.offset + i.offset, sizeOf(i));
    deepen(own, base, i.offset);
    if (group !== Class.STX || base.kind === 'frame') return;
    const { kind } = registers[i.src]!;
    if (kind === 'context' || kind === 'lent') this.contextEscapes = true;
  }

  /** Does a callee find contexts in its caller's stack other than where `lend` tells it? */
  #contain({ registers, slots }: State): void {
    const given = registers.slice(1, 6).filter((v) => v.kind === 'frame');
    const held = new Set([...slots.values()].map((v) => v.kind));
    const isBehind = held.has('lent') || (held.has('context') && held.has('frame'));
    const isAnywhere = held.has('context') && given.some((v) => v.offset === undefined);
    if (isAnywhere || (isBehind && given.length > 0)) this.contextEscapes = true;
  }

  #touch(offset: number, size: number): void {
    for (let word = offset & ~3; word < offset + size && word < CONTEXT_LENGTH; word += 4)
      if (word >= 0) this.fields.add(word);
  }
}

function deepen(own: { stack: number }, address: Value, offset: number): void {
  if (address.kind !== 'frame' || address.offset === undefined) return;
  own.stack = Math.max(own.stack, (-(address.offset + offset) + 7) & ~7);
}
