import { usage } from '../errors.js';
import type { ValueType } from './spec.js';

/** The value of `text` for the argument or option called `name`; throws EVL_ARGUMENT. */
export function readValue(text: string, name: string, type: ValueType | undefined): string | number {
  if (type === undefined || type.choices?.includes(text)) return text;
  if (type.integer) return readInteger(text, name, type.integer, type.choices);
  if (type.seconds) return readSeconds(text, name);
  throw wrong(text, `${name} is ${oneOf(type.choices ?? [])}`);
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
  const wanted = [...choices, `a number from ${low} to ${high}`].join(' or ');
  if (!/^\d+$/.test(text)) throw wrong(text, `${name} is ${wanted}`);
  const value = Number(text);
  // EVL answers EINVAL without naming the limit.
  if (value < low || value > high)
    throw wrong(text, `${name} is ${wanted}${high === Number.MAX_SAFE_INTEGER ? '' : ' (EINVAL)'}`);
  return value;
}

function readSeconds(text: string, name: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw wrong(text, `${name} is a number of seconds`);
  return value;
}

const oneOf = (choices: readonly string[]) =>
  choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;

const wrong = (text: string, reason: string) =>
  usage('EVL_ARGUMENT', `argument "${text}" is wrong: ${reason}`);
