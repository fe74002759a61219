import { relative } from 'node:path';
import { disassemble } from '../bpf/disassemble.js';
import type { Instruction, SourceLine } from '../bpf/instruction.js';
import { type ProgramSpec, slotsOf } from '../bpf/program.js';
import { EvlnetError } from '../errors.js';
import { hintFor } from './verifier-hints.js';
import { readLog } from './verifier-log.js';

/**
 * The verifier's refusal of `program` in the author's own lines:
 *
 *     Cannot load filter "bpf_netrx": R0 invalid mem access 'map_value_or_null'
 *       --> count.c:6:2
 *        |
 *      6 | (*count)++;
 *        | ^
 *        = instruction 7 of bpf_netrx: r1 = *(u64 *)(r0 +0)
 *
 * `cause` is the whole log. Any other error is answered as it is.
 */
export function explain(
  error: unknown,
  program: ProgramSpec,
  act = `load filter "${program.name}"`,
): unknown {
  if (!(error instanceof EvlnetError) || error.code !== 'EVL_VERIFIER') return error;
  const log = String(error.cause);
  const refusal = readLog(log);
  if (!refusal) return error;
  const { reason, slot } = refusal;
  const index = slot === undefined ? -1 : slotsOf(program.instructions).indexOf(slot);
  const at = program.instructions[index];
  const place = at
    ? `\n${[...quote(sourceBefore(program, index)), named(program, index, at)].join('\n')}`
    : '';
  const hint = hintFor(reason, at);
  return new EvlnetError('EVL_FILTER', `Cannot ${act}: ${reason}${place}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(error.errno === undefined ? {} : { errno: error.errno }),
    cause: log,
  });
}

/** A compiler may give an instruction no line of its own (line 0): the one before it then stands for it. */
function sourceBefore({ instructions }: ProgramSpec, index: number): SourceLine | undefined {
  for (let n = index; n >= 0; n--) {
    const { source, comment } = instructions[n]!;
    if (source && source.line > 0) return source;
    if (comment !== undefined) return undefined;
  }
  return undefined;
}

function quote(source: SourceLine | undefined): string[] {
  if (!source) return [];
  const { line, column, text } = source;
  const bare = text.trimStart();
  const gutter = ' '.repeat(String(line).length);
  const lines = [`${gutter}--> ${shown(source)}`, `${gutter} |`, `${line} | ${bare}`];
  // The column counts octets, a tab as one; one that is not known is 0.
  const caret = column - 1 - (text.length - bare.length);
  return caret < 0 || caret >= bare.length
    ? [...lines, `${gutter} |`]
    : [...lines, `${gutter} | ${' '.repeat(caret)}^`];
}

/** `file:line:column`, the file as seen from here where it is below. */
function shown({ file, line, column }: SourceLine): string {
  const below = relative(process.cwd(), file);
  return `${below.startsWith('..') ? file : below}:${line}${column > 0 ? `:${column}` : ''}`;
}

/** Numbers count slots from the start of the function, as llvm-objdump does. */
function named(program: ProgramSpec, index: number, at: Instruction): string {
  const f = program.functions?.findLast((g) => g.at <= index);
  const slots = slotsOf(program.instructions);
  const number = slots[index]! - slots[f?.at ?? 0]!;
  const gutter = ' '.repeat(String(sourceBefore(program, index)?.line ?? '').length);
  const comment = at.source || at.comment === undefined ? '' : ` (${at.comment})`;
  return `${gutter} = instruction ${number} of ${f?.name ?? program.name}: ${disassemble(at)}${comment}`;
}
