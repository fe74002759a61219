import type { Instruction } from '../bpf/instruction.js';
import { EvlnetError, Exit } from '../errors.js';

/** What a back end cannot do: names the author's line, and the way out. */
export function unsupported(
  program: string,
  to: string,
  at: Instruction | undefined,
  reason: string,
  hint: string,
): EvlnetError {
  const line = at?.source === undefined ? '' : `${at.source.file}:${at.source.line}: `;
  return new EvlnetError(
    'EVL_FILTER_UNSUPPORTED',
    `Cannot translate filter "${program}" to ${to}: ${line}${reason}`,
    { exit: Exit.Unsupported, hint },
  );
}
