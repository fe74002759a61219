import type { ObjectSpec } from '../../bpf/object.js';
import type { ProgramSpec } from '../../bpf/program.js';
import type { EvlnetError } from '../../errors.js';
import type { Analysis } from '../analysis/analyse.js';
import { unsupported } from '../unsupported.js';
import type { Layout } from './layout.js';

/** What the argument of a program points to. */
export interface ContextShape {
  readonly length: number;
  /** Why these octets cannot be read or written; undefined: they can. */
  refuses(offset: number, length: number, isWrite: boolean): string | undefined;
}

/** Octets of `layout.records` that are still free. */
export interface Records {
  left: number;
}

/** What the functions of one program share while they are translated. */
export interface Unit {
  readonly object: ObjectSpec;
  readonly program: ProgramSpec;
  readonly analysis: Analysis;
  readonly layout: Layout;
  readonly shape: ContextShape;
  /** Number of its first instruction among those of all programs. */
  readonly base: number;
  /** First instruction of a function → its number in the module. */
  readonly functions: ReadonlyMap<number, number>;
  /** Name of a program that a tail call may lead to → number of its entry. */
  readonly programs: ReadonlyMap<string, number>;
  /** Number of a map → that of the function that looks into it. */
  readonly lookups: ReadonlyMap<number, number>;
  readonly records: Records;
}

/** Why a program that is right is not for WebAssembly. */
export const refusal = (
  { object, program }: Pick<Unit, 'object' | 'program'>,
  index: number,
  reason: string,
  hint: string,
): EvlnetError => unsupported(object.name, 'WebAssembly', program.instructions[index], reason, hint);

/** The way out where a kernel can do what WebAssembly cannot. */
export const RUN_IN_KERNEL = 'let the kernel run it: driver xdp, or engine kernel of "evlnet filter test"';
