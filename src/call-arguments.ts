// What programs hand to the calls of the library: JavaScript checks none of it, and an `undefined` that was to be a name is the likeliest mistake.
import { inspect } from 'node:util';
import { type EvlnetError, usage } from './errors.js';
import { suggest } from './suggest.js';

/** What a value must be: of a kind, or one of those words. */
export type Kind =
  | 'string'
  | 'boolean'
  | 'number'
  | 'integer'
  | 'function'
  | 'signal'
  | 'any'
  | readonly string[];
/** Every option of a call: one that is added to `O` is missed here. */
export type Kinds<O> = { readonly [K in keyof Required<O>]: Kind };

/** Throws EVL_ARGUMENT where the argument called `name` is of another kind. */
export function checkArgument(name: string, value: unknown, kind: Kind): void {
  if (isOf(kind, value)) return;
  const wanted = typeof kind === 'string' ? NOUNS[kind] : kind.join(' or ');
  throw wrongArgument(name, value, `must be ${wanted}`);
}

/** Throws EVL_ARGUMENT where `options` are none, hold one that is not of its kind, or one that there is not; `undefined` is as if left out. */
export function checkOptions<O>(options: unknown, kinds: Kinds<O>, name = 'options'): void {
  if (typeof options !== 'object' || options === null)
    throw wrongArgument(name, options, 'must be an object');
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, key)) {
      const meant = suggest(key, Object.keys(kinds));
      const hint = meant ? `did you mean "${meant}"?` : `there is ${Object.keys(kinds).join(', ')}`;
      throw usage('EVL_ARGUMENT', `argument "${key}" is wrong: "${name}" has no such key`, hint);
    }
    if (value !== undefined) checkArgument(key, value, kinds[key as keyof O]);
  }
}

export function wrongArgument(name: string, value: unknown, reason: string): EvlnetError {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 0, breakLength: Infinity });
  const hint =
    value === undefined ? 'is a variable of your program not set?' : `it is of type ${typeof value}`;
  return usage('EVL_ARGUMENT', `argument "${text}" is wrong: "${name}" ${reason}`, hint);
}

const NOUNS = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
  function: 'a function',
  signal: 'an AbortSignal',
  any: 'anything',
} as const;

function isOf(kind: Kind, value: unknown): boolean {
  if (typeof kind !== 'string') return kind.includes(value as string);
  if (kind === 'any') return true;
  if (kind === 'integer') return Number.isInteger(value);
  // Of whatever realm, or package.
  if (kind === 'signal')
    return typeof (value as Partial<AbortSignal> | null)?.addEventListener === 'function';
  return typeof value === kind;
}
