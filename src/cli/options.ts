import { usage } from '../errors.js';
import { suggest } from '../suggest.js';
import { GLOBALS } from './globals.js';
import { incomplete } from './incomplete.js';
import type { OptionSpec } from './spec.js';

/** Options in yargs' long form, and the index behind the words they were made from. */
export interface Taken {
  readonly normal: readonly string[];
  readonly next: number;
}

/**
 * Takes the options in the word `argv[at]` if the command owns them: `-i eth0`, `-ieth0`, `-sc 5`, `--count=5`,
 * `--co 5`, `-save`. A word that is the whole name of a global option (`-state`) is left to that.
 */
export function takeOption(
  own: readonly OptionSpec[],
  argv: readonly string[],
  at: number,
  isGlobalName: boolean,
): Taken | undefined {
  const word = argv[at]!;
  const [, dashes = '', name = '', , attached] = /^(--?)([^=]*)(=(.*))?$/s.exec(word) ?? [];
  const whole = name.length > 1 ? own.find((o) => o.name === name) : undefined;
  if (whole) return takeLong(whole, attached, argv, at);
  if (isGlobalName && name.length > 1) return undefined;
  if (dashes === '-') return own.some((o) => o.letter === name[0]) ? takeCluster(own, argv, at) : undefined;
  const candidates = own.filter((o) => o.name.startsWith(name));
  if (candidates.length > 1)
    throw usage(
      'EVL_AMBIGUOUS',
      `Option "${word}" is ambiguous: ${candidates.map((o) => `--${o.name}`).join(', ')}.`,
      'write more of its name',
    );
  return candidates[0] && takeLong(candidates[0], attached, argv, at);
}

export function unknownOption(word: string, own: readonly OptionSpec[], where: string) {
  const names = [...own.map((o) => `--${o.name}`), ...GLOBALS.map((g) => `-${g.name}`)];
  const plain = word.replace(/^-+/, '');
  const meant =
    plain.length > 2
      ? suggest(
          plain,
          names.map((n) => n.replace(/^-+/, '')),
        )
      : undefined;
  const full = names.find((n) => n.replace(/^-+/, '') === meant);
  const help = `evlnet ${where === '' ? '' : `${where} `}help`;
  return usage(
    'EVL_OPTION',
    `Option "${word}" is unknown, try "${help}".`,
    full ? `did you mean "${full}"?` : `${help} lists the options`,
  );
}

function takeLong(
  spec: OptionSpec,
  attached: string | undefined,
  argv: readonly string[],
  at: number,
): Taken {
  if (spec.value === undefined) {
    if (attached !== undefined)
      throw usage('EVL_OPTION', `Option "${argv[at]}" takes no value`, `--${spec.name}`);
    return { normal: [`--${spec.name}`], next: at + 1 };
  }
  if (attached !== undefined || spec.attached)
    return { normal: [`--${spec.name}=${attached ?? ''}`], next: at + 1 };
  return { normal: [`--${spec.name}=${nextValue(spec, argv, at)}`], next: at + 2 };
}

function takeCluster(own: readonly OptionSpec[], argv: readonly string[], at: number): Taken | undefined {
  const letters = argv[at]!.slice(1);
  const normal: string[] = [];
  for (let i = 0; i < letters.length; i++) {
    const spec = own.find((o) => o.letter === letters[i]);
    if (spec === undefined) return undefined;
    if (spec.value === undefined) {
      normal.push(`--${spec.name}`);
      continue;
    }
    const rest = letters.slice(i + 1).replace(/^=/, '');
    const isNext = rest === '' && !spec.attached;
    const value = isNext ? nextValue(spec, argv, at) : rest;
    return { normal: [...normal, `--${spec.name}=${value}`], next: isNext ? at + 2 : at + 1 };
  }
  return { normal, next: at + 1 };
}

function nextValue(spec: OptionSpec, argv: readonly string[], at: number): string {
  const value = argv[at + 1];
  if (value !== undefined) return value;
  throw incomplete(`after "${argv[at]}" comes ${spec.value}`);
}
