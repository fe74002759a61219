import { EvlnetError, Exit, usage } from '../errors.js';
import { suggest } from '../suggest.js';
import { type Globals, matchGlobal, takeGlobal } from './globals.js';
import { incomplete } from './incomplete.js';
import { unknownOption } from './options.js';
import { matchPrefix } from './prefix.js';
import type { ObjectSpec, VerbSpec } from './spec.js';
import { VERSION } from './version.js';

/** The command that the words stand for, and where its arguments begin; no object: help for all, no verb: for the object. */
export interface Resolved {
  readonly object?: ObjectSpec;
  readonly verb?: VerbSpec;
  readonly at: number;
}

/** Finds OBJECT and COMMAND from `argv[at]` on, whole or as a unique prefix. Sets `globals.help` where help is asked for. */
export function resolve(
  objects: readonly ObjectSpec[],
  argv: readonly string[],
  at: number,
  globals: Globals,
): Resolved {
  const word = argv[at];
  if (word?.startsWith('-')) throw unknownOption(word, [], '');
  if (word === undefined) {
    if (globals.help) return { at };
    throw incomplete('evlnet help lists the objects');
  }
  if (word === 'help') {
    globals.help = true;
    return argv[at + 1] === undefined ? { at } : resolve(objects, argv, at + 1, globals);
  }
  const object = findObject(objects, word);
  if (object.verbs.length === 0) throw later(`Object "${object.name}"`);
  const [only] = object.verbs;
  if (only?.name === '') return { object, verb: only, at: at + 1 };
  const found = findVerb(object, argv, skipGlobals(argv, at + 1, globals), globals);
  return { object, ...found };
}

function findObject(objects: readonly ObjectSpec[], word: string): ObjectSpec {
  const match = matchPrefix(word, objects);
  if (match === undefined) {
    const names = objects.flatMap((o) => [o.name, ...(o.aliases ?? [])]);
    throw usage(
      'EVL_OBJECT',
      `Object "${word}" is unknown, try "evlnet help".`,
      didYouMean(word, names) ?? '"evlnet help" lists the objects',
    );
  }
  if ('ambiguous' in match)
    throw usage(
      'EVL_AMBIGUOUS',
      `Object "${word}" is ambiguous: ${match.ambiguous.join(', ')}.`,
      'write more of its name',
    );
  return match.found;
}

function findVerb(
  object: ObjectSpec,
  argv: readonly string[],
  at: number,
  globals: Globals,
): { verb?: VerbSpec; at: number } {
  const word = argv[at];
  if (word === 'help') {
    globals.help = true;
    return { at };
  }
  const show = object.verbs.find((v) => v.name === 'show' || v.aliases?.includes('show'));
  // `dev eth0` with no COMMAND before it is `show`; no other argument is, or interface names would be commands.
  if (word === undefined || word === 'dev' || word.startsWith('-')) {
    if (globals.help && word === undefined) return { at };
    if (show) return { verb: show, at };
    throw incomplete(`evlnet ${object.name} ${commandsOf(object)}`);
  }
  const match = matchPrefix(word, object.verbs);
  if (match && 'ambiguous' in match)
    throw usage(
      'EVL_AMBIGUOUS',
      `Command "${word}" is ambiguous: ${match.ambiguous.join(', ')}.`,
      'write more of its name',
    );
  if (match) return { verb: match.found, at: at + 1 };
  const takesDevice = show?.words?.some((w) => w.name === 'dev') === true;
  const names = object.verbs.flatMap((v) => [v.name, ...(v.aliases ?? [])]);
  throw usage(
    'EVL_COMMAND',
    `Command "${word}" is unknown, try "evlnet ${object.name} help".`,
    didYouMean(word, names) ??
      (takesDevice
        ? `to see a device: evlnet ${object.name} show dev ${word}`
        : `evlnet ${object.name} ${commandsOf(object)}`),
  );
}

/** As a synopsis has them. */
function commandsOf({ verbs }: ObjectSpec): string {
  const names = verbs.map((verb) => verb.name);
  return names.length === 1 ? names[0]! : `{ ${names.join(' | ')} }`;
}

// Global options may also stand between OBJECT and COMMAND: `evlnet vlans -br show`.
function skipGlobals(argv: readonly string[], at: number, globals: Globals): number {
  let i = at;
  for (let word = argv[i]; word !== undefined && /^-./.test(word); word = argv[i]) {
    const spec = matchGlobal(word);
    if (spec === undefined) return i;
    i = takeGlobal(globals, spec, argv, i);
  }
  return i;
}

const didYouMean = (word: string, names: readonly string[]): string | undefined => {
  const meant = suggest(word, names);
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
};

const later = (what: string) =>
  new EvlnetError('EVL_VERSION', `${what} is not in evlnet ${VERSION}`, {
    hint: '"evlnet help" lists what this version has',
    exit: Exit.Unsupported,
  });
