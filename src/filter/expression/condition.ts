// What an expression asks of a frame, when its words are understood: no more names, offsets from the first octet of the frame.
import type { Span } from './error.js';

/** Octets of the frame, a number in network order. */
export interface Field {
  readonly offset: number;
  readonly size: 1 | 2 | 4;
  /** `offset` counts from where the IPv4 header ends that starts here. */
  readonly after?: number;
  /** An ethertype: asked for again and again. */
  readonly isType?: true;
}

export type Compare = '==' | '>' | '>=';

export type Condition =
  | {
      readonly kind: 'test';
      readonly field: Field;
      readonly mask: number;
      readonly compare: Compare;
      readonly value: number;
    }
  | { readonly kind: 'relation'; readonly compare: Compare; readonly left: Value; readonly right: Value }
  | { readonly kind: 'not'; readonly of: Condition }
  /** From left to right, `and` no stronger than `or`: pcap-filter(7). */
  | { readonly kind: 'chain'; readonly first: Condition; readonly rest: readonly Link[] }
  /** Where in the text it was said. */
  | { readonly kind: 'said'; readonly span: Span; readonly of: Condition };

export interface Link {
  readonly join: 'and' | 'or';
  readonly condition: Condition;
}

export type Operator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';

/** Unsigned, 32 bits. */
export type Value =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'length' }
  | { readonly kind: 'field'; readonly field: Field }
  /** The field that starts `index` octets after `field` does. */
  | { readonly kind: 'indexed'; readonly field: Field; readonly index: Value }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Value; readonly right: Value };

export const ALL_BITS = 0xffff_ffff;

export const test = (field: Field, value: number, mask = ALL_BITS, compare: Compare = '=='): Condition => ({
  kind: 'test',
  field,
  mask,
  compare,
  value,
});

export const not = (of: Condition): Condition => (of.kind === 'not' ? of.of : { kind: 'not', of });
export const all = (...of: readonly Condition[]): Condition => chain('and', of);
export const any = (...of: readonly Condition[]): Condition => chain('or', of);

function chain(join: 'and' | 'or', [first, ...rest]: readonly Condition[]): Condition {
  if (first === undefined) throw new RangeError('a chain needs a condition');
  return rest.length === 0
    ? first
    : { kind: 'chain', first, rest: rest.map((condition) => ({ join, condition })) };
}
