import { usage } from '../errors.js';
import { suggest } from '../suggest.js';
import type { Value } from './arguments.js';
import { incomplete } from './incomplete.js';
import type { VerbSpec, WordSpec } from './spec.js';
import { readValue } from './value.js';

const SHORT = 60;

/** Reads arguments in iproute2's way: keywords with values, bare keywords, `[ dev ] IFNAME`, positional ones. */
export class Words {
  readonly #values = new Map<string, Value>();
  readonly #many: string[] = [];
  readonly #isNamed: boolean;
  readonly #specs: readonly WordSpec[];
  #count = 0;

  constructor(
    private readonly verb: VerbSpec,
    ahead: readonly string[],
    private readonly where: string,
  ) {
    this.#specs = verb.words ?? [];
    this.#isNamed = this.#specs.some((s) => s.position === 'bare' && ahead.includes(s.name));
  }

  /** Takes the word at `argv[at]` and its value; returns the index behind them. */
  take(argv: readonly string[], at: number): number {
    const word = argv[at]!;
    const isFirst = this.#count++ === 0;
    // The name of an interface is never a keyword: where a command must have one, its first word is that.
    const forced = isFirst && !this.#isNamed && this.#specs.find((s) => s.position === 'bare' && s.required);
    if (forced) return this.#set(forced, word, at + 1);
    const positional = this.#nextPositional();
    if (positional?.position === 'rest') {
      this.#values.set(positional.name, argv.slice(at));
      return argv.length;
    }
    const keyword = this.#specs.find((s) => isKeyword(s) && (s.name === word || s.aliases?.includes(word)));
    if (keyword) return this.#takeKeyword(keyword, argv, at);
    if (positional?.position === 'many') {
      this.#many.push(word);
      this.#values.set(positional.name, this.#many);
      return at + 1;
    }
    if (positional) return this.#set(positional, word, at + 1);
    throw this.#garbage(word);
  }

  /** Whether `word`, though it starts with a dash, belongs to a `rest` argument. */
  wantsRest(word: string): boolean {
    return (
      this.#nextPositional()?.position === 'rest' && this.#count > 0 && word !== '-h' && word !== '--help'
    );
  }

  finish(): Map<string, Value> {
    const missing = this.#specs.find((s) => s.required && !this.#values.has(s.name));
    if (missing) throw incomplete(`evlnet ${this.where} ${this.#expectation(missing)}`);
    return this.#values;
  }

  // All that the command takes, where that is a line; else only what it cannot do without.
  #expectation(missing: WordSpec): string {
    if (this.verb.synopsis.length <= SHORT) return this.verb.synopsis;
    return `${missing.position === 'bare' ? `[ ${missing.name} ] ` : ''}${missing.value}`;
  }

  #takeKeyword(spec: WordSpec, argv: readonly string[], at: number): number {
    if (spec.value === undefined) return this.#set(spec, true, at + 1);
    if (spec.repeats) return this.#append(spec, argv, at);
    const value = argv[at + 1];
    if (value === undefined) throw incomplete(`after "${argv[at]}" comes ${expected(spec)}`);
    return this.#set(spec, value, at + 2);
  }

  #append(spec: WordSpec, argv: readonly string[], at: number): number {
    const next = at + 1 + spec.value!.split(' ').length;
    if (argv.length < next) throw incomplete(`after "${argv[at]}" comes ${spec.value}`);
    const before = (this.#values.get(spec.name) ?? []) as readonly string[];
    const last = String(readValue(argv[next - 1]!, spec.name, spec.type));
    this.#values.set(spec.name, [...before, ...argv.slice(at + 1, next - 1), last]);
    return next;
  }

  #set(spec: WordSpec, given: string | true, next: number): number {
    if (this.#values.has(spec.name)) {
      if (given === true) return next;
      throw usage('EVL_ARGUMENT', `duplicate "${spec.name}": "${given}" is the second value`, 'give it once');
    }
    const value = given === true ? given : readValue(given, spec.name, spec.type);
    this.#values.set(spec.name, value);
    return next;
  }

  #nextPositional(): WordSpec | undefined {
    return this.#specs.find(
      (s) => s.position !== undefined && (s.position === 'many' || !this.#values.has(s.name)),
    );
  }

  #garbage(word: string) {
    const meant = suggest(
      word,
      this.#specs.filter(isKeyword).map((s) => s.name),
    );
    const device = this.#specs.find((s) => s.position === 'bare' && this.#values.has(s.name));
    const message = device
      ? `either "${device.name}" is duplicate, or "${word}" is a garbage`
      : `"${word}" is a garbage`;
    const help = `evlnet ${this.where} help`;
    return usage('EVL_ARGUMENT', message, meant ? `did you mean "${meant}"?` : help);
  }
}

const expected = ({ type, value }: WordSpec): string =>
  type?.choices ? `{ ${type.choices.join(' | ')} }` : `${value}`;

const isKeyword = (spec: WordSpec): boolean => spec.position === undefined || spec.position === 'bare';
