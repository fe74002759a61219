import { suggest } from '../../suggest.js';
import { expressionError, type Span } from './error.js';
import { type Token, type TokenKind, tokens } from './token.js';
import { KNOWN, UNSUPPORTED } from './words.js';

/** Parentheses and negations in one another. */
const DEPTH = 100;
const LONGEST = 65_536;

/** The words of one expression, one after the other. */
export class Reader {
  readonly #tokens: readonly Token[];
  /** Index of an opening parenthesis → of the closing one. */
  readonly #closing = new Map<number, number>();
  #next = 0;
  #depth = 0;

  constructor(readonly text: string) {
    if (text.length > LONGEST)
      throw expressionError(
        text,
        { at: LONGEST, end: LONGEST + 1 },
        `it is longer than ${LONGEST} characters`,
      );
    this.#tokens = tokens(text);
    const open: number[] = [];
    this.#tokens.forEach(({ text: symbol }, i) => {
      if (symbol === '(') open.push(i);
      const opening = symbol === ')' ? open.pop() : undefined;
      if (opening !== undefined) this.#closing.set(opening, i);
    });
  }

  /** The word that comes next, or the one `ahead` of it. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  /** The word after the parenthesis that closes the one which comes next; nothing where none does. */
  afterGroup(): string {
    const closing = this.#closing.get(this.#next);
    return closing === undefined ? '' : this.#tokens[closing + 1]!.text;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  /** Is it one of these words or symbols? */
  is(...texts: string[]): boolean {
    const { kind, text } = this.peek();
    return (kind === 'word' || kind === 'symbol') && texts.includes(text);
  }

  /** Takes it if it is. */
  skip(...texts: string[]): Token | undefined {
    return this.is(...texts) ? this.take() : undefined;
  }

  /** Takes a word of this kind; `wanted` says what it is in the error. */
  expect(kind: TokenKind, wanted: string): Token {
    return this.peek().kind === kind ? this.take() : this.unexpected(wanted);
  }

  close(opening: Token, closing: ')' | ']'): void {
    if (this.skip(closing)) return;
    if (this.peek().kind !== 'end') this.unexpected(`"${closing}"`);
    throw this.error(opening, `"${opening.text}" is never closed`, `add "${closing}"`);
  }

  /** From a word taken before up to the last one taken. */
  since({ at }: Span): Span {
    return { at, end: this.#tokens[Math.max(0, this.#next - 1)]!.end };
  }

  /** Runs `read` one level deeper, where `at` opened it. */
  nested<T>(at: Span, read: () => T): T {
    if (++this.#depth > DEPTH)
      throw this.error(at, `more than ${DEPTH} parentheses and negations in one another`);
    const result = read();
    this.#depth--;
    return result;
  }

  /** What a name stands for may change while the filter runs, and a filter must mean the same on every machine. */
  refuseName(wanted: string, database: 'hosts' | 'networks' | 'services' | 'ethers'): void {
    const token = this.peek();
    const isKeyword = KNOWN.has(token.text) || UNSUPPORTED.has(token.text);
    if (token.kind !== 'name' && (token.kind !== 'word' || isKeyword)) return;
    throw this.error(
      token,
      `"${token.text}" stands where ${wanted} should: names are not looked up`,
      /^\d+-\d+$/.test(token.text)
        ? `write portrange ${token.text}`
        : `"getent ${database} ${token.text}" tells what it stands for`,
    );
  }

  error(span: Span, reason: string, hint?: string) {
    return expressionError(this.text, span, reason, hint);
  }

  /** Refuses the next word. */
  unexpected(wanted: string, hint?: string): never {
    const token = this.peek();
    if (token.kind === 'end') throw this.error(token, `it ends where ${wanted} should follow`, hint);
    if (token.kind === 'word') this.#known(token);
    throw this.error(token, `"${token.text}" stands where ${wanted} should`, hint);
  }

  /** Refuses a word that the language does not have, or that evlnet does not. */
  #known(token: Token): void {
    const reason = UNSUPPORTED.get(token.text);
    if (reason !== undefined) throw this.error(token, `"${token.text}" is not supported: ${reason}`);
    if (KNOWN.has(token.text)) return;
    const meant = suggest(token.text, KNOWN);
    const isDifference = /^[\w.]+-[\w.]+$/.test(token.text) && meant?.includes('-') !== true;
    const known = meant === undefined ? 'evlnet-filter(7) has the language' : `did you mean "${meant}"?`;
    throw this.error(
      token,
      `"${token.text}" is not a word of the language`,
      isDifference ? 'write a difference with spaces around the minus' : known,
    );
  }
}
