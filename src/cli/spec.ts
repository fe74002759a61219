import type { Context } from './context.js';

/** An option of one command, as yargs takes it: `-c COUNT`, `--spin { TURNS | always }`. */
export interface OptionSpec {
  /** The long name, without dashes; also the key in `Arguments`. */
  readonly name: string;
  readonly letter?: string;
  /** The word for its value; without one the option is a switch. */
  readonly value?: string;
  /** The value may be left out, and is attached where it is not: `-QRT`, `--query-port=RT`. */
  readonly attached?: true;
  readonly type?: ValueType;
  readonly required?: true;
  /** What holds when it is not given. */
  readonly default?: string;
  readonly about: string;
}

/** An argument in iproute2's way: `pool N`, `create`, `[ dev ] IFNAME`, LIST. */
export interface WordSpec {
  /** The keyword, or for a positional argument its name in the synopsis; also the key in `Arguments`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** The word for its value, or words for several that follow it; without one the keyword stands alone. */
  readonly value?: string;
  /** Of the last one, where there are several. */
  readonly type?: ValueType;
  /** May be given more than once; the values of all are one list. */
  readonly repeats?: true;
  /**
   * `bare`: the keyword may be left out; `only`: there is no keyword; `many`: no keyword, as many words as there are;
   * `rest`: no keyword, everything that is left, dashes too.
   */
  readonly position?: 'bare' | 'only' | 'many' | 'rest';
  readonly required?: true;
  readonly default?: string;
  readonly about: string;
}

/** What a value must look like; plain text without one. */
export interface ValueType {
  readonly choices?: readonly string[];
  /** A decimal number between these, both allowed. */
  readonly integer?: readonly [low: number, high: number];
  /** A decimal number of seconds, fractions allowed. */
  readonly seconds?: true;
}

export interface Example {
  readonly command: string;
  readonly does: string;
}

/** A module of src/cli/commands. Returns the exit code. */
export type Run = (context: Context) => Promise<number> | number;

export interface VerbSpec {
  /** Empty for an object that is a command itself. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What follows the verb. */
  readonly synopsis: string;
  readonly about: string;
  readonly words?: readonly WordSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples?: readonly Example[];
  /** Keys of one JSON record, outermost level. */
  readonly json?: readonly string[];
  readonly load: () => Promise<{ run: Run }>;
}

export interface ObjectSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  /** Empty for an object that this version does not have. */
  readonly verbs: readonly VerbSpec[];
  /** Paragraphs for `help`, after the usage. */
  readonly notes?: readonly string[];
}
