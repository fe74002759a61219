import { expressionError, type Span } from './error.js';
import { ALIASES, NUMBERS } from './words.js';

export type TokenKind = 'number' | 'word' | 'name' | 'ipv4' | 'ipv6' | 'mac' | 'symbol' | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  /** In the first spelling of `ALIASES`; a name without its backslash. */
  readonly text: string;
  /** Of a number; unsigned 32 bits. */
  readonly value: number;
}

const BLANK = /\s*/y;
// The longest run that can be one word decides, as in libpcap: `len-5` is one word, `ip[0]-5` is not.
const RULES: readonly (readonly [kind: TokenKind, pattern: RegExp])[] = [
  ['mac', /(?:(?:[\da-f]{1,2}[:.-]){5}[\da-f]{1,2}|(?:[\da-f]{4}\.){2}[\da-f]{4}|[\da-f]{12})(?![\w:.-])/iy],
  ['ipv6', /(?=[\da-f]*:[\da-f]*:)[\da-f:]+(?:(?:\.\d+){3})?(?![\w:.])/iy],
  ['ipv4', /\d+(?:\.\d+){1,3}(?![\w.-])/y],
  ['number', /(?:0x[\da-f]+|\d+)(?![\w.]|-\w)/iy],
  ['name', /\\[^ !()\n\t]+/y],
  ['word', /[a-z\d](?:[-_.a-z\d]*[.a-z\d])?/iy],
  ['symbol', /<<|>>|<=|>=|==|!=|&&|\|\||[()[\]:+\-*/%&|^<>=!]/y],
];

/** The words of an expression, and an `end` after the last. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = skip(text, 0); at < text.length; at = skip(text, found.at(-1)!.end))
    found.push(tokenAt(text, at));
  found.push({ kind: 'end', text: '', value: 0, at: text.length, end: text.length });
  return found;
}

function skip(text: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.test(text);
  return BLANK.lastIndex;
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, pattern] of RULES) {
    pattern.lastIndex = at;
    const [word] = pattern.exec(text) ?? [];
    if (word === undefined) continue;
    const span = { at, end: at + word.length };
    if (kind === 'number') return { kind, text: word, value: numberOf(text, span), ...span };
    if (kind === 'name') return { kind, text: word.slice(1), value: 0, ...span };
    const value = kind === 'word' ? NUMBERS.get(word) : undefined;
    if (value !== undefined) return { kind: 'number', text: word, value, ...span };
    const spelled = ALIASES.get(word) ?? word;
    return { kind: /^(and|or|not)$/.test(spelled) ? 'word' : kind, text: spelled, value: 0, ...span };
  }
  const character = String.fromCodePoint(text.codePointAt(at)!);
  throw expressionError(text, { at, end: at + character.length }, `"${character}" has no meaning here`);
}

/** As in C: 0x is hexadecimal, a leading 0 octal. */
function numberOf(text: string, span: Span): number {
  const digits = text.slice(span.at, span.end);
  const isOctal = /^0\d/.test(digits);
  if (isOctal && /[89]/.test(digits))
    throw expressionError(text, span, `"${digits}" is not octal, as its leading 0 says`);
  const value = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  if (value > 0xffff_ffff) throw expressionError(text, span, `${digits} is beyond 32 bits`);
  return value;
}
