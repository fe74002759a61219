import { type Assembler, Call, type Register, r0, r1, r8, r9, r10 } from '../../bpf/asm.js';
import { type Instruction, PseudoCall } from '../../bpf/instruction.js';
import type { ProgramSpec } from '../../bpf/program.js';
import { type Analysis, isCall, isFrameLoad } from '../analysis/analyse.js';
import type { Value } from '../analysis/value.js';
import { countInto } from '../counting.js';
import { type BackEnd, VERDICT } from '../rewrite.js';
import { NO_STAMP, type Stamp } from '../stamp.js';
import { Verdict } from '../verdict.js';
import { ACCEPT, appendAccept, COUNT, PASS, RULE } from '../vlan-rule.js';
import { type Check, checkOf } from './check.js';
import { type Held, NOTHING_HELD, REAL, type Real, reachContext } from './frame.js';
import { hookWith, xdpHook } from './hook.js';
import { appendCheck, appendLoadBytes, isDirect, type LoadBytes, type Place } from './load-bytes.js';
import { appendLoadFrame, isDirectFrameLoad } from './load-frame.js';
import { appendPrologue } from './prologue.js';
import { EPILOGUE, heldRegisters, lastWritten } from './registers.js';

export interface XdpTranslation {
  /** ACCEPT takes frames of any ethertype, not only IPv4. */
  readonly anyEthertype?: boolean;
  /** For a process that lacks CAP_PERFMON: helpers do what the verifier would not let it do itself. Slower. */
  readonly withoutPerfmon?: boolean;
  /** For test runs: returns what the filter returned, takes and counts nothing. */
  readonly verdictOnly?: boolean;
  /** What is put in front of frames that are taken (stamp.ts); default: nothing. */
  readonly stamp?: Stamp;
  /** It tells of every frame (tap.ts). */
  readonly isTapped?: boolean;
}

const RUNT = 'evlnet.runt';

/** One translation. */
export class XdpBackEnd implements BackEnd {
  readonly #withoutPerfmon: boolean;
  readonly #held: Held;
  readonly #labelled: ReadonlySet<number>;
  /** By the index of their jump. */
  readonly #checks = new Map<number, Check>();
  #deferred: (() => void)[] = [];

  constructor(
    readonly a: Assembler,
    readonly program: ProgramSpec,
    readonly analysis: Analysis,
    /** Offset from r10 of the filter's context, and the words of it that it uses. */
    readonly context: { readonly at: number; readonly fields: readonly number[] },
    readonly options: XdpTranslation,
  ) {
    this.#withoutPerfmon = options.withoutPerfmon ?? false;
    this.#labelled = new Set(program.labels.values());
    const own = program.instructions.slice(0, analysis.functions[0]!.end);
    const calls = own.some((i, index) => this.#staysCall(i, index));
    this.#held = heldRegisters(own, calls);
  }

  /** Points to the frame's first octet as long as the filter runs. */
  get frame(): Register | undefined {
    return this.#held.data;
  }

  prologue(): void {
    appendPrologue(this.a, {
      ...this.context,
      withoutPerfmon: this.#withoutPerfmon,
      held: this.#held,
      isShared: this.analysis.functions.length > 1,
      runt: RUNT,
      defer: (append) => void this.#deferred.push(append),
    });
  }

  replace(i: Instruction, index: number, isEntry: boolean): boolean {
    const check = this.#checks.get(index);
    if (check) {
      appendCheck(this.a, check);
      return true;
    }
    const place: Place = {
      held: isEntry ? this.#held : NOTHING_HELD,
      label: `evlnet.${index}`,
      withoutPerfmon: this.#withoutPerfmon,
      check: this.#checkAt(index),
      lasting: lastWritten(this.program.instructions, index + 1, (at) => this.#labelled.has(at)),
      defer: (append) => {
        this.#deferred.push(() => {
          this.a.lineOf(i);
          append();
        });
      },
    };
    return isFrameLoad(i) ? this.#replaceFrameLoad(i, place, isEntry) : this.#replaceCall(i, index, place);
  }

  epilogue(): void {
    const { a, options } = this;
    const { at } = this.context;
    a.line('verdict');
    if (options.verdictOnly) {
      a.exit().line('shorter than a MAC header').label(RUNT).mov(r0, Verdict.Skip).exit();
      return;
    }
    // Where the filter left a pointer, only CAP_PERFMON may write a part of one.
    if (this.#withoutPerfmon) a.store('dw', r10, -8, 0);
    for (const [what, register] of Object.entries(EPILOGUE) as [Real, Register][]) {
      const from = this.#held[what];
      if (from === undefined) a.load('dw', register, r10, at + REAL[what]);
      else if (from !== register) a.mov(register, from);
    }
    a.alu32('mov', r8, r0)
      .jump('==', r8, Verdict.Accept, ACCEPT)
      .jump('==', r8, Verdict.Vlan, RULE)
      .jump('!=', r8, Verdict.Drop, PASS)
      .mov(r9, xdpHook.drop)
      .goto(COUNT)
      .label(RUNT);
    // Nobody is told of it: the context may be anywhere.
    if (options.isTapped) {
      a.mov(r8, Verdict.Skip);
      countInto(a, 'evlnet.runt-counted').mov(r0, xdpHook.pass).exit();
    } else a.goto(PASS);
    const hook = hookWith(options.stamp ?? NO_STAMP, options.isTapped ?? false);
    appendAccept(a, hook, options.anyEthertype ?? false);
  }

  endFunction(): void {
    for (const append of this.#deferred.splice(0)) append();
  }

  /** Is there a call in its place, so that fewer registers are kept? */
  #staysCall(i: Instruction, index: number): boolean {
    if (isFrameLoad(i)) return !isDirectFrameLoad(i, this.#withoutPerfmon);
    return isCall(i) && this.#directLoad(index) === undefined;
  }

  /** What the call at `index` loads, if it is one and the frame is read without it. */
  #directLoad(index: number): LoadBytes | undefined {
    const load = this.#load(index);
    return load && isDirect(load, this.#withoutPerfmon) ? load : undefined;
  }

  #load(index: number): LoadBytes | undefined {
    const i = this.program.instructions[index]!;
    const registers = this.analysis.registers(index);
    if (!isCall(i) || i.src !== PseudoCall.Helper || registers === undefined) return undefined;
    const [, , offset, buffer, length, start] = registers as [unknown, unknown, Value, Value, Value, Value];
    if (i.imm === Call.skbLoadBytes) return { offset, buffer, length, start: undefined };
    return i.imm === Call.skbLoadBytesRelative ? { offset, buffer, length, start } : undefined;
  }

  #checkAt(index: number): Check | undefined {
    if (this.#directLoad(index) === undefined) return undefined;
    const check = checkOf(this.program, this.analysis, index, (at) => this.#labelled.has(at));
    if (check) this.#checks.set(check.index, check);
    return check;
  }

  #replaceFrameLoad(i: Instruction, place: Place, isEntry: boolean): boolean {
    const { a } = this;
    const short = `${place.label}-short`;
    const end = () => {
      a.mov(r0, 0);
      if (isEntry) a.goto(VERDICT);
      else a.exit();
    };
    if (appendLoadFrame(a, i, { ...place, short }))
      place.defer(() => {
        a.label(short);
        end();
      });
    else {
      // What follows must have a way that leads there, or the verifier refuses the program.
      a.mov(r0, 0).jump('!=', r0, 0, `${place.label}-done`);
      end();
      a.label(`${place.label}-done`);
    }
    return true;
  }

  #replaceCall(i: Instruction, index: number, place: Place): boolean {
    const { a } = this;
    const load = this.#load(index);
    if (load) {
      appendLoadBytes(a, load, place);
      return true;
    }
    if (!isCall(i) || i.src !== PseudoCall.Helper) return false;
    if (i.imm !== Call.perfEventOutput && i.imm !== Call.tailCall) return false;
    reachContext(a, place.held, r1);
    a.append(i);
    return true;
  }
}
