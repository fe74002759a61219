import type { Field, Operator, Value } from './condition.js';

export const number = (of: number): Value => ({ kind: 'number', value: of >>> 0 });

/** The field `index` octets on; a number becomes part of the offset, unless it reaches back into the IPv4 header. */
export const indexed = (field: Field, index: Value): Value =>
  index.kind === 'number' && (field.after === undefined || index.value < 2 ** 31)
    ? { kind: 'field', field: { ...field, offset: field.offset + index.value } }
    : { kind: 'indexed', field, index };

/** Of two numbers, the result; not for a division by zero. */
export function binary(operator: Operator, left: Value, right: Value): Value {
  if (left.kind === 'number' && right.kind === 'number')
    return number(compute(operator, left.value, right.value));
  return { kind: 'binary', operator, left, right };
}

function compute(operator: Operator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return Math.imul(a, b);
    case '/':
      return Math.floor(a / b);
    case '%':
      return a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return a << b;
    case '>>':
      return a >>> b;
  }
}

/** A value from its innermost left side outwards, so that long sums need no recursion. */
export function leftSpine(value: Value): { first: Value; rest: Extract<Value, { kind: 'binary' }>[] } {
  const rest: Extract<Value, { kind: 'binary' }>[] = [];
  let first = value;
  for (; first.kind === 'binary'; first = first.left) rest.push(first);
  return { first, rest: rest.reverse() };
}

/** Intermediate results that computing it holds at once. */
export function slots(value: Value): number {
  const { first, rest } = leftSpine(value);
  let most = first.kind === 'indexed' ? slots(first.index) : 0;
  for (const { right } of rest) if (right.kind !== 'number') most = Math.max(most, slots(right) + 1);
  return most;
}
