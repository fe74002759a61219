import { type Globals, matchGlobal, takeGlobal } from './globals.js';
import { takeOption, unknownOption } from './options.js';
import type { VerbSpec } from './spec.js';
import { Words } from './words.js';

export type Value = string | number | boolean | readonly string[];

/** What was given to one command, by the names of the command table. */
export class Arguments {
  constructor(private readonly values: ReadonlyMap<string, Value> = new Map()) {}

  /** Undefined when it was not given. */
  text(name: string): string | undefined {
    const value = this.values.get(name);
    return value === undefined ? undefined : String(value);
  }

  number(name: string): number | undefined {
    const value = this.values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.values.get(name) === true;
  }

  /** The words that a `rest` argument took, or the values of a keyword that repeats. */
  list(name: string): readonly string[] {
    const value = this.values.get(name);
    return Array.isArray(value) ? value : [];
  }

  has(name: string): boolean {
    return this.values.has(name);
  }
}

/**
 * Reads what follows the verb, from `argv[at]` on. A dash word is the command's option if the command owns the name or
 * the letter, else a global option; other words are keywords and positional arguments. Sets `globals.help` when asked.
 */
export async function readArguments(
  verb: VerbSpec,
  where: string,
  argv: readonly string[],
  at: number,
  globals: Globals,
): Promise<Arguments> {
  const words = new Words(verb, argv.slice(at), where);
  const options: string[] = [];
  for (let i = at; i < argv.length; ) {
    const word = argv[i]!;
    if (word === 'help' && i === at) {
      globals.help = true;
      return new Arguments();
    }
    if (!/^-./.test(word) || words.wantsRest(word)) {
      i = words.take(argv, i);
      continue;
    }
    const isGlobalName = matchGlobal(word, true) !== undefined;
    const own = takeOption(verb.options ?? [], argv, i, isGlobalName);
    if (own) {
      options.push(...own.normal);
      i = own.next;
      continue;
    }
    const global = matchGlobal(word);
    if (global === undefined) throw unknownOption(word, verb.options ?? [], where);
    i = takeGlobal(globals, global, argv, i);
    if (globals.help || globals.version) return new Arguments();
  }
  const values = words.finish();
  if (verb.options) {
    const { parseOptions } = await import('./parse-options.js');
    for (const [name, value] of await parseOptions(verb.options, options, where)) values.set(name, value);
  }
  return new Arguments(values);
}
