import { usage } from '../errors.js';
import { suggest } from '../suggest.js';
import type { ValueType } from './spec.js';

/** The value of `text` for the argument or option called `name`; throws EVL_ARGUMENT. */
export function readValue(text: string, name: string, type: ValueType | undefined): string | number {
  if (type === undefined || type.choices?.includes(text)) return text;
  if (type.integer) return readInteger(text, name, type.integer, type.choices);
  if (type.seconds) return readSeconds(text, name);
  throw notAChoice(text, name, type.choices ?? []);
}

/** The limits of a type, for help: `0 to 32768`. */
export function describeType(type: ValueType | undefined): string | undefined {
  if (type?.integer)
    return [...(type.choices ?? []), `${type.integer[0]} to ${type.integer[1]}`].join(' or ');
  return type?.choices && oneOf(type.choices);
}

function readInteger(
  text: string,
  name: string,
  [low, high]: readonly [number, number],
  choices: readonly string[] = [],
): number {
  const limits = high === Number.MAX_SAFE_INTEGER ? `from ${low}` : `from ${low} to ${high}`;
  const hint = [...choices, `a number ${limits}`].join(' or ');
  if (!/^\d+$/.test(text)) throw wrong(text, `"${name}" is a number`, hint);
  const value = Number(text);
  // EVL answers EINVAL, and does not say why.
  if (value > high) throw wrong(text, `"${name}" is at most ${high} (EINVAL)`, hint);
  if (value < low) throw wrong(text, `"${name}" is at least ${low} (EINVAL)`, hint);
  return value;
}

const SECOND = { s: 1, ms: 1e3, us: 1e6 } as const;

function readSeconds(text: string, name: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?|\.\d+)(s|ms|us)?$/.exec(text) ?? [];
  if (number === undefined)
    throw wrong(text, `"${name}" is a number of seconds`, 'write it as 10, 0.5 or 500ms');
  return Number(number) / SECOND[unit as keyof typeof SECOND];
}

// iproute2's words.
const notAChoice = (text: string, name: string, choices: readonly string[]) => {
  const quoted = choices.map((choice) => `"${choice}"`);
  const meant = suggest(text, choices);
  return usage(
    'EVL_ARGUMENT',
    `argument of "${name}" must be ${oneOf(quoted)}, not "${text}"`,
    meant ? `did you mean "${meant}"?` : `${name} { ${choices.join(' | ')} }`,
  );
};

const oneOf = (choices: readonly string[]) =>
  choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;

const wrong = (text: string, reason: string, hint?: string) =>
  usage('EVL_ARGUMENT', `argument "${text}" is wrong: ${reason}`, hint);
