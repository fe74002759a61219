import { type EvlnetError, usage } from '../../errors.js';

/** A stretch of an expression: its first character and the one after its last. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

/** Columns of the expression that are shown; a longer one is cut around the word. */
const WIDTH = 96;

/** EVL_EXPRESSION: the reason, then the expression with carets under the word. */
export function expressionError(text: string, { at, end }: Span, reason: string, hint?: string): EvlnetError {
  if (text.trim() === '') return usage('EVL_EXPRESSION', `Cannot read expression: ${reason}`, hint);
  const start = Math.max(0, Math.min(at - WIDTH / 2, text.length - WIDTH));
  const shown = text.slice(start, start + WIDTH).replace(/\s/g, ' ');
  const before = start > 0 ? '…' : '';
  const after = start + WIDTH < text.length ? '…' : '';
  const column = at - start + before.length;
  const carets = '^'.repeat(Math.max(1, Math.min(end, start + WIDTH) - at));
  return usage(
    'EVL_EXPRESSION',
    `Cannot read expression: ${reason}\n  ${before}${shown}${after}\n  ${' '.repeat(column)}${carets}`,
    hint,
  );
}
