// A socket filter as an XDP program: its own code, between a prologue that makes the context which it expects and an epilogue that
// does what its verdict says.
import { Assembler, Call, type Register, r0, r1, r8, r9, r10 } from '../bpf/asm.js';
import { type Instruction, PseudoCall } from '../bpf/instruction.js';
import type { ObjectProgram, ObjectSpec } from '../bpf/object.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';
import { type Analysis, analyse, isCall, isFrameLoad } from './analysis/analyse.js';
import type { Value } from './analysis/value.js';
import { CONTEXT_LENGTH } from './context.js';
import { refuseContextUse } from './context-use.js';
import { withoutDeadCode } from './liveness.js';
import { rewrite, VERDICT } from './rewrite.js';
import { unsupported } from './unsupported.js';
import { Verdict } from './verdict.js';
import { ACCEPT, appendAccept, COUNT, PASS, RULE } from './vlan-rule.js';
import { type Check, checkOf } from './xdp/check.js';
import { type Held, NOTHING_HELD, REAL, type Real, reachContext } from './xdp/frame.js';
import { xdpHook } from './xdp/hook.js';
import { appendCheck, appendLoadBytes, isDirect, type LoadBytes, type Place } from './xdp/load-bytes.js';
import { appendLoadFrame, isDirectFrameLoad } from './xdp/load-frame.js';
import { appendPrologue } from './xdp/prologue.js';
import { EPILOGUE, heldRegisters } from './xdp/registers.js';

export interface XdpTranslation {
  /** ACCEPT takes frames of any ethertype, not only IPv4. */
  readonly anyEthertype?: boolean;
  /** For a process that lacks CAP_PERFMON: helpers do what the verifier would not let it do itself. Slower. */
  readonly withoutPerfmon?: boolean;
  /** For test runs: returns what the filter returned, takes and counts nothing. */
  readonly verdictOnly?: boolean;
}

const STACK = 512;

/** Maps: the object's, vlans, counters, xsks. */
export function toXdp(object: ObjectSpec, program: ObjectProgram, options: XdpTranslation = {}): ProgramSpec {
  const analysis = analyse(program);
  refuseContextUse(object.name, 'XDP', program, analysis);
  const fields = fieldsOf(analysis);
  const at = -(analysis.functions[0]!.stack + lengthOf(fields));
  if (at + REAL.scratch < -STACK)
    throw unsupported(
      object.name,
      'XDP',
      undefined,
      `function "${program.name}" uses ${analysis.functions[0]!.stack} octets of stack, ${STACK + REAL.scratch - lengthOf(fields)} are left to it`,
      'keep large buffers in an array map of one entry',
    );
  const a = new Assembler(program.name, ProgramType.Xdp);
  const withoutPerfmon = options.withoutPerfmon ?? false;
  const held = heldIn(program, analysis, withoutPerfmon);
  const deferred: (() => void)[] = [];
  const defer = (append: () => void) => void deferred.push(append);
  const labelled = new Set(program.labels.values());
  const checks = new Map<number, Check>();
  /** Of a call that is translated directly. */
  const checkAt = (i: Instruction, index: number): Check | undefined => {
    const load = argumentsOf(i, analysis.registers(index));
    if (!load || !isDirect(load, withoutPerfmon)) return undefined;
    const check = checkOf(program, analysis, index, (at) => labelled.has(at));
    if (check) checks.set(check.index, check);
    return check;
  };
  const translated = rewrite(program, analysis, a, {
    prologue() {
      const isShared = analysis.functions.length > 1;
      appendPrologue(a, { at, fields, withoutPerfmon, held, isShared, runt: 'evlnet.runt', defer });
    },
    replace(i, index, isEntry) {
      const known = checks.get(index);
      if (known) {
        appendCheck(a, known);
        return true;
      }
      const place = {
        held: isEntry ? held : NOTHING_HELD,
        label: `evlnet.${index}`,
        withoutPerfmon,
        check: checkAt(i, index),
        defer(append: () => void) {
          defer(() => {
            a.lineOf(i);
            append();
          });
        },
      };
      return isFrameLoad(i)
        ? replaceFrameLoad(a, i, place, isEntry)
        : replaceCall(a, i, analysis.registers(index), place);
    },
    epilogue: () => appendEpilogue(a, at, held, options),
    endFunction() {
      for (const append of deferred.splice(0)) append();
    },
  });
  return withoutDeadCode(translated);
}

/** Words of the context that must be there. */
const fieldsOf = ({ contextEscapes, fields }: Analysis): number[] =>
  contextEscapes ? Array.from({ length: CONTEXT_LENGTH / 4 }, (_, word) => word * 4) : [...fields];
const lengthOf = (fields: readonly number[]): number => (Math.max(0, ...fields) + 4 + 7) & ~7;

/** In the entry function; where calls are left, they keep fewer registers. */
function heldIn(program: ProgramSpec, analysis: Analysis, withoutPerfmon: boolean): Held {
  const own = program.instructions.slice(0, analysis.functions[0]!.end);
  const calls = own.some((i, index) => {
    if (isFrameLoad(i)) return !isDirectFrameLoad(i, withoutPerfmon);
    const registers = analysis.registers(index);
    if (!isCall(i)) return false;
    const load = argumentsOf(i, registers);
    return load === undefined || !isDirect(load, withoutPerfmon);
  });
  return heldRegisters(own, calls);
}

/** Of a call that loads octets; undefined for another. */
function argumentsOf(i: Instruction, registers: readonly Value[] | undefined): LoadBytes | undefined {
  if (!isCall(i) || i.src !== PseudoCall.Helper || registers === undefined) return undefined;
  const [, , offset, buffer, length, start] = registers as readonly [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  if (i.imm === Call.skbLoadBytes) return { offset, buffer, length, start: undefined };
  return i.imm === Call.skbLoadBytesRelative ? { offset, buffer, length, start } : undefined;
}

function replaceFrameLoad(a: Assembler, i: Instruction, place: Place, isEntry: boolean): boolean {
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

function replaceCall(
  a: Assembler,
  i: Instruction,
  registers: readonly Value[] | undefined,
  place: Place,
): boolean {
  if (!isCall(i) || i.src !== PseudoCall.Helper || registers === undefined) return false;
  const load = argumentsOf(i, registers);
  if (load) appendLoadBytes(a, load, place);
  else if (i.imm === Call.perfEventOutput || i.imm === Call.tailCall) {
    reachContext(a, place.held, r1);
    a.append(i);
  } else return false;
  return true;
}

function appendEpilogue(a: Assembler, at: number, held: Held, options: XdpTranslation): void {
  if (options.verdictOnly) {
    a.line('verdict')
      .exit()
      .line('shorter than a MAC header')
      .label('evlnet.runt')
      .mov(r0, Verdict.Skip)
      .exit();
    return;
  }
  a.line('verdict');
  for (const [what, register] of Object.entries(EPILOGUE) as [Real, Register][]) {
    const from = held[what];
    if (from === undefined) a.load('dw', register, r10, at + REAL[what]);
    else if (from !== register) a.mov(register, from);
  }
  a.alu32('mov', r8, r0)
    .jump('==', r8, Verdict.Accept, ACCEPT)
    .jump('==', r8, Verdict.Vlan, RULE)
    .jump('!=', r8, Verdict.Drop, PASS)
    .mov(r9, xdpHook.drop)
    .goto(COUNT)
    .label('evlnet.runt')
    .goto(PASS);
  appendAccept(a, xdpHook, options.anyEthertype ?? false);
}
