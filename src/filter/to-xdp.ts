// A socket filter as an XDP program: its own code, between a prologue that makes the context which it expects and an epilogue that
// does what its verdict says.
import { Assembler } from '../bpf/asm.js';
import type { ObjectProgram, ObjectSpec } from '../bpf/object.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';
import { type Analysis, analyse } from './analysis/analyse.js';
import { CONTEXT_LENGTH } from './context.js';
import { refuseContextUse } from './context-use.js';
import { withoutDeadCode } from './liveness.js';
import { rewrite } from './rewrite.js';
import { withoutCopies } from './stack-copies.js';
import { withoutUnreadStores } from './stack-use.js';
import { bound, NO_STAMP } from './stamp.js';
import { unsupported } from './unsupported.js';
import { XdpBackEnd, type XdpTranslation } from './xdp/back-end.js';
import { REAL } from './xdp/frame.js';

export type { XdpTranslation } from './xdp/back-end.js';

const STACK = 512;

/** Maps: the object's, vlans, counters, xsks. */
export function toXdp(object: ObjectSpec, program: ObjectProgram, options: XdpTranslation = {}): ProgramSpec {
  const analysis = analyse(program);
  refuseContextUse(object.name, 'XDP', program, analysis);
  const fields = fieldsOf(analysis);
  const { stack } = analysis.functions[0]!;
  const left = STACK + REAL.scratch - lengthOf(fields);
  if (stack > left)
    throw unsupported(
      object.name,
      'XDP',
      undefined,
      `function "${program.name}" uses ${stack} octets of stack, ${left} are left to it`,
      'keep large buffers in an array map of one entry',
    );
  const a = new Assembler(program.name, ProgramType.Xdp);
  const context = { at: -stack - lengthOf(fields), fields };
  const backEnd = new XdpBackEnd(a, program, analysis, context, options);
  const translated = bound(rewrite(program, analysis, a, backEnd), options.stamp ?? NO_STAMP);
  // Other functions may have the stack of the entry from it.
  if (analysis.functions.length > 1) return withoutDeadCode(translated);
  return withoutDeadCode(withoutUnreadStores(withoutDeadCode(withoutCopies(translated, backEnd.frame))));
}

/** Words of the context that must be there. */
const fieldsOf = ({ contextEscapes, fields }: Analysis): number[] =>
  contextEscapes ? Array.from({ length: CONTEXT_LENGTH / 4 }, (_, word) => word * 4) : [...fields];
const lengthOf = (fields: readonly number[]): number => (Math.max(0, ...fields) + 4 + 7) & ~7;
