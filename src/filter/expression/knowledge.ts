import type { Compare, Condition, Field } from './condition.js';

type Test = Extract<Condition, { kind: 'test' }>;

/** Facts that are kept; more would make long lists of addresses slow to compile, for nothing. */
const MOST = 32;

/** What holds for every frame that comes to one place of the program: in the registers, and of the frame itself. */
export class Knowledge {
  /** The frame is at least this long. */
  length = 0;
  /** The frame goes on for at least this long behind the IPv4 header of `header`. */
  behind = 0;
  /** Which field r0 holds. */
  field: string | undefined;
  /** Which ethertype r7 holds. */
  type: string | undefined;
  /** Of which IPv4 header r8 holds the length. */
  header: number | undefined;
  /** What a field can be, where that is known. */
  #values: Map<string, readonly number[]> = new Map();
  #answers: Map<string, boolean> = new Map();

  copy(): Knowledge {
    const copy = new Knowledge();
    copy.length = this.length;
    copy.behind = this.behind;
    copy.field = this.field;
    copy.type = this.type;
    copy.header = this.header;
    copy.#values = new Map(this.#values);
    copy.#answers = new Map(this.#answers);
    return copy;
  }

  /** What is left where two ways meet. */
  meet(other: Knowledge): void {
    this.length = Math.min(this.length, other.length);
    this.behind = this.header === other.header ? Math.min(this.behind, other.behind) : 0;
    if (this.field !== other.field) this.field = undefined;
    if (this.type !== other.type) this.type = undefined;
    if (this.header !== other.header) this.header = undefined;
    for (const [key, values] of this.#values) {
      const others = other.#values.get(key);
      if (others === undefined) this.#values.delete(key);
      else this.#values.set(key, [...new Set([...values, ...others])]);
    }
    for (const [key, answer] of this.#answers)
      if (other.#answers.get(key) !== answer) this.#answers.delete(key);
  }

  /** Nothing but one of these values can be in the field. */
  expect(field: Field, values: readonly number[]): void {
    this.#values.set(fieldKey(field), values);
  }

  /** The answer to a test, where it is known. */
  decide(test: Test): boolean | undefined {
    const keys = keysOf(test);
    const values = this.#values.get(keys.field);
    if (values === undefined) return this.#answers.get(keys.test);
    const answer = answerOf(test, values[0]!);
    return values.every((value) => answerOf(test, value) === answer) ? answer : undefined;
  }

  learn(test: Test, answer: boolean): void {
    const { field: key, test: testKey } = keysOf(test);
    const values = this.#values.get(key);
    if (values !== undefined)
      this.#values.set(
        key,
        values.filter((value) => answerOf(test, value) === answer),
      );
    else if (answer && test.compare === '==' && covers(test)) remember(this.#values, key, [test.value]);
    else remember(this.#answers, testKey, answer);
  }
}

const answerOf = (test: Test, value: number): boolean =>
  holds(test.compare, (value & test.mask) >>> 0, test.value);

export function holds(compare: Compare, left: number, right: number): boolean {
  switch (compare) {
    case '==':
      return left === right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** Keys of a test, which is asked for again and again. */
interface Keys {
  readonly field: string;
  readonly test: string;
}
const known = new WeakMap<Test, Keys>();

function keysOf(test: Test): Keys {
  const found = known.get(test);
  if (found) return found;
  const field = fieldKey(test.field);
  const keys = { field, test: `${field}&${test.mask}${test.compare}${test.value}` };
  known.set(test, keys);
  return keys;
}

export const fieldKey = ({ offset, size, after }: Field): string => `${after ?? ''}+${offset}:${size}`;

/** Does the mask leave the field as it is? */
export const covers = ({ field, mask }: Test): boolean => {
  const bits = 2 ** (field.size * 8) - 1;
  return (mask & bits) >>> 0 === bits;
};

function remember<T>(facts: Map<string, T>, key: string, fact: T): void {
  facts.delete(key);
  facts.set(key, fact);
  if (facts.size > MOST) facts.delete(facts.keys().next().value!);
}
