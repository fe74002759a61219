import type { Assembler } from '../bpf/asm.js';
import type { Instruction } from '../bpf/instruction.js';
import type { FunctionSpec, ProgramSpec } from '../bpf/program.js';
import { type Analysis, isExit } from './analysis/analyse.js';

/** What a back end does to a filter's instructions. */
export interface BackEnd {
  /** Appends what runs before the filter: afterwards r1 is what it takes for its context. */
  prologue(): void;
  /** Appends what stands for that instruction; false: the instruction itself does. */
  replace(i: Instruction, index: number, isEntry: boolean): boolean;
  /** Appends what becomes of the verdict in r0. */
  epilogue(): void;
  /** Appends what a function put off. */
  endFunction?(): void;
}

/** Where the filter's own code begins. */
export const FILTER = 'evlnet.filter';
/** Where the entry function goes with its verdict in r0. */
export const VERDICT = 'evlnet.verdict';

/**
 * The filter's own code with `backEnd`'s around it: its entry stays the program's entry, so that nothing is called. Global functions
 * become static, verified with each call, as they must see our stack.
 */
export function rewrite(
  program: ProgramSpec,
  analysis: Analysis,
  a: Assembler,
  backEnd: BackEnd,
): ProgramSpec {
  const labels = new Map<number, string[]>();
  for (const [name, at] of program.labels) labels.set(at, [...(labels.get(at) ?? []), name]);
  const label = (at: number) => {
    for (const name of labels.get(at) ?? []) a.label(name);
  };
  const functions: FunctionSpec[] = [];
  analysis.functions.forEach(({ at, end }, n) => {
    const isEntry = n === 0;
    const spec = program.functions?.[n];
    if (spec) functions.push({ ...spec, at: a.length, isGlobal: false });
    if (isEntry) {
      backEnd.prologue();
      a.label(FILTER);
    }
    for (let index = at; index < end; index++) {
      label(index);
      const i = program.instructions[index]!;
      a.lineOf(i);
      if (isEntry && isExit(i)) a.goto(VERDICT);
      else if (!backEnd.replace(i, index, isEntry)) a.append(i);
    }
    if (isEntry) {
      a.label(VERDICT);
      backEnd.epilogue();
    }
    backEnd.endFunction?.();
  });
  label(program.instructions.length);
  return { ...program, ...a.program(program.license), ...(functions.length > 0 ? { functions } : {}) };
}
