// Arithmetic and byte accesses of pcap-filter(7): unsigned, 32 bits, precedence as in C.
import {
  ALL_BITS,
  all,
  type Compare,
  type Condition,
  type Field,
  not,
  type Operator,
  test,
  type Value,
} from './condition.js';
import { isFirstFragment, nextHeader, protocol } from './internet.js';
import { type Layers, linkType } from './link.js';
import type { Reader } from './reader.js';
import type { Token } from './token.js';
import { binary, indexed, number, slots } from './value.js';
import { ETHERTYPES, OVER, PROTOCOLS } from './words.js';

/** Loosest first. libpcap gives % and ^ no precedence of their own; C's is what its manual promises. */
const LEVELS: readonly (readonly Operator[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const RELATIONS = ['=', '!=', '<', '<=', '>', '>='] as const;
type RelationSign = (typeof RELATIONS)[number];

/** Between two values: what can only follow one. */
export const JOINS: ReadonlySet<string> = new Set([...LEVELS.flat(), ...RELATIONS]);

/** Intermediate results that the stack has room for. */
const SLOTS = 32;

/** A value, and what must hold of the frame for it to have one. */
interface Term {
  readonly value: Value;
  readonly needs: readonly Condition[];
}

/** `VALUE { = | != | < | <= | > | >= } VALUE`. */
export function relation(reader: Reader, layers: Layers): Condition {
  const start = reader.peek();
  const left = value(reader, layers);
  if (!reader.is(...RELATIONS)) reader.unexpected('a comparison (= != < <= > >=)');
  const sign = reader.take().text as RelationSign;
  const right = value(reader, layers);
  if (Math.max(slots(left.value), slots(right.value) + 1) > SLOTS)
    throw reader.error(reader.since(start), 'too many intermediate results', 'compute less at once');
  // Whether the headers are there is asked first; only then are the fields read.
  return all(...left.needs, ...right.needs, compared(sign, left.value, right.value));
}

const MIRRORED = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function compared(sign: RelationSign, left: Value, right: Value): Condition {
  if (left.kind === 'number' && right.kind !== 'number') return compared(MIRRORED[sign], right, left);
  switch (sign) {
    case '=':
      return compare('==', left, right);
    case '!=':
      return not(compare('==', left, right));
    case '>':
      return compare('>', left, right);
    case '<=':
      return not(compare('>', left, right));
    case '>=':
      return compare('>=', left, right);
    case '<':
      return not(compare('>=', left, right));
  }
}

/** A field, perhaps masked, beside a number is a test; anything else is computed. */
function compare(sign: Compare, left: Value, right: Value): Condition {
  if (right.kind === 'number') {
    if (left.kind === 'field') return test(left.field, right.value, ALL_BITS, sign);
    const isMasked = left.kind === 'binary' && left.operator === '&';
    if (isMasked && left.left.kind === 'field' && left.right.kind === 'number')
      return test(left.left.field, right.value, left.right.value, sign);
  }
  return { kind: 'relation', compare: sign, left, right };
}

function value(reader: Reader, layers: Layers, level = 0): Term {
  const operators = LEVELS[level];
  if (operators === undefined) return factor(reader, layers);
  let left = value(reader, layers, level + 1);
  for (let sign = reader.skip(...operators); sign; sign = reader.skip(...operators)) {
    const right = value(reader, layers, level + 1);
    const operator = sign.text as Operator;
    checkNumber(reader, sign, operator, right.value);
    // libpcap forgets what the right side needs, and reads whatever stands there in a frame that has no such header.
    left = { value: binary(operator, left.value, right.value), needs: [...left.needs, ...right.needs] };
  }
  return left;
}

function checkNumber(reader: Reader, sign: Token, operator: Operator, right: Value): void {
  if (right.kind !== 'number') return;
  const span = reader.since(sign);
  if ((operator === '/' || operator === '%') && right.value === 0)
    throw reader.error(span, 'division by zero');
  if ((operator === '<<' || operator === '>>') && right.value > 31)
    throw reader.error(span, 'shift by more than 31 bits');
}

function factor(reader: Reader, layers: Layers): Term {
  const token = reader.peek();
  if (token.kind === 'number') return { value: number(reader.take().value), needs: [] };
  if (reader.skip('len')) return { value: { kind: 'length' }, needs: [] };
  if (reader.skip('-')) {
    const { value: of, needs } = reader.nested(token, () => factor(reader, layers));
    return { value: binary('-', number(0), of), needs };
  }
  if (reader.skip('(')) {
    const inner = reader.nested(token, () => value(reader, layers));
    reader.close(token, ')');
    return inner;
  }
  if (token.kind === 'word' && reader.peek(1).text === '[') return access(reader, layers);
  return reader.unexpected('a number, len or PROTOCOL[OFFSET]');
}

/** `PROTOCOL [ VALUE [ : SIZE ] ]`. */
function access(reader: Reader, layers: Layers): Term {
  const name = reader.take();
  const found = header(name.text, layers);
  if (found === undefined) {
    const hint = `ether, ip, ip6, arp, rarp, ${[...OVER.keys()].filter((p) => !SEALED.has(p)).join(', ')} do`;
    throw reader.error(name, `"${name.text}" has no octets to access`, hint);
  }
  const bracket = reader.take();
  const index = reader.nested(bracket, () => value(reader, layers));
  const size = reader.skip(':') ? reader.expect('number', 'a number of octets') : undefined;
  if (size !== undefined && ![1, 2, 4].includes(size.value))
    throw reader.error(size, 'a field has 1, 2 or 4 octets');
  reader.close(bracket, ']');
  const field: Field = { ...found.field, size: (size?.value ?? 1) as Field['size'] };
  return { value: indexed(field, index.value), needs: [...index.needs, ...found.needs] };
}

/** Encrypted or authenticated: libpcap gives no access to these. */
const SEALED = new Set(['ah', 'esp']);

/** Where a protocol's header starts, and what a frame that has it is like. */
function header(name: string, layers: Layers): { field: Field; needs: Condition[] } | undefined {
  if (name === 'ether') return { field: { offset: 0, size: 1 }, needs: [] };
  const network: Field = { offset: layers.network, size: 1 };
  const type = ETHERTYPES.get(name);
  if (type !== undefined && type > 1500 && name !== 'loopback')
    return { field: network, needs: [linkType(layers, type)] };
  const over = OVER.get(name);
  if (over === undefined || SEALED.has(name)) return undefined;
  const carried = PROTOCOLS.get(name)!;
  // pcap-filter(7): behind IPv4 only, but for icmp6; of a fragmented datagram, the first fragment.
  return over === 'ip6'
    ? { field: { offset: layers.network + 40, size: 1 }, needs: [nextHeader(layers, carried)] }
    : {
        field: { offset: 0, size: 1, after: layers.network },
        needs: [protocol(layers, carried, 'ip'), isFirstFragment(layers)],
      };
}
