// A socket filter as an XDP program: its own code, between a prologue that makes the context which it expects and an epilogue that
// does what its verdict says.
import { Assembler, Call, r0, r1, r5, r6, r7, r8, r9, r10 } from '../bpf/asm.js';
import { type Instruction, PseudoCall } from '../bpf/instruction.js';
import type { ObjectProgram, ObjectSpec } from '../bpf/object.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';
import { type Analysis, analyse, isCall, isFrameLoad } from './analysis/analyse.js';
import { CONTEXT_LENGTH } from './context.js';
import { refuseContextUse } from './context-use.js';
import { rewrite, VERDICT } from './rewrite.js';
import { unsupported } from './unsupported.js';
import { Verdict } from './verdict.js';
import { ACCEPT, appendAccept, COUNT, PASS, RULE } from './vlan-rule.js';
import { REAL } from './xdp/frame.js';
import { xdpHook } from './xdp/hook.js';
import { appendLoadBytes } from './xdp/load-bytes.js';
import { appendLoadFrame } from './xdp/load-frame.js';
import { appendPrologue } from './xdp/prologue.js';

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
  return rewrite(program, analysis, a, {
    prologue: () => appendPrologue(a, { at, fields, withoutPerfmon, runt: 'evlnet.runt' }),
    replace: (i, index, isEntry) => replace({ a, analysis, withoutPerfmon }, i, index, isEntry),
    epilogue: () => appendEpilogue(a, at, options),
  });
}

/** Words of the context that must be there. */
const fieldsOf = ({ contextEscapes, fields }: Analysis): number[] =>
  contextEscapes ? Array.from({ length: CONTEXT_LENGTH / 4 }, (_, word) => word * 4) : [...fields];
const lengthOf = (fields: readonly number[]): number => (Math.max(0, ...fields) + 4 + 7) & ~7;

interface Translation {
  readonly a: Assembler;
  readonly analysis: Analysis;
  readonly withoutPerfmon: boolean;
}

function replace(t: Translation, i: Instruction, index: number, isEntry: boolean): boolean {
  const { a, withoutPerfmon } = t;
  const label = `evlnet.${index}`;
  if (isFrameLoad(i)) {
    const short = `${label}-short`;
    if (appendLoadFrame(a, i, { short, label, withoutPerfmon }))
      a.goto(`${label}-done`).label(short).mov(r0, 0);
    // What follows must have a way that leads there, or the verifier refuses the program.
    else a.mov(r0, 0).jump('!=', r0, 0, `${label}-done`);
    if (isEntry) a.goto(VERDICT);
    else a.exit();
    a.label(`${label}-done`);
    return true;
  }
  if (!isCall(i) || i.src !== PseudoCall.Helper) return false;
  const registers = t.analysis.registers(index);
  if (registers === undefined) return false;
  const [, , offset, buffer, length, start] = registers;
  switch (i.imm) {
    case Call.skbLoadBytes:
      appendLoadBytes(a, {
        offset: offset!,
        buffer: buffer!,
        length: length!,
        start: undefined,
        label,
        withoutPerfmon,
      });
      return true;
    case Call.skbLoadBytesRelative:
      appendLoadBytes(a, {
        offset: offset!,
        buffer: buffer!,
        length: length!,
        start: start!,
        label,
        withoutPerfmon,
      });
      return true;
    case Call.perfEventOutput:
    case Call.tailCall:
      a.load('dw', r1, r1, REAL.context).append(i);
      return true;
    default:
      return false;
  }
}

function appendEpilogue(a: Assembler, at: number, options: XdpTranslation): void {
  if (options.verdictOnly) {
    a.line('verdict')
      .exit()
      .line('shorter than a MAC header')
      .label('evlnet.runt')
      .mov(r0, Verdict.Skip)
      .exit();
    return;
  }
  a.line('verdict')
    .alu32('mov', r8, r0)
    .load('dw', r6, r10, at + REAL.context)
    .load('dw', r7, r10, at + REAL.data)
    .load('dw', r5, r10, at + REAL.dataEnd)
    .jump('==', r8, Verdict.Accept, ACCEPT)
    .jump('==', r8, Verdict.Vlan, RULE)
    .jump('!=', r8, Verdict.Drop, PASS)
    .mov(r9, xdpHook.drop)
    .goto(COUNT)
    .label('evlnet.runt')
    .goto(PASS);
  appendAccept(a, xdpHook, options.anyEthertype ?? false);
}
