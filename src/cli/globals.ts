import { usage } from '../errors.js';
import { incomplete } from './incomplete.js';

/** The options that stand before OBJECT. */
export interface Globals {
  json: boolean;
  pretty: boolean;
  statistics: boolean;
  details: boolean;
  oneline: boolean;
  brief: boolean;
  timestamp: false | 'long' | 'short';
  color: 'auto' | 'always' | 'never';
  all: boolean;
  force: boolean;
  help: boolean;
  version: boolean;
  netns?: string;
  batch?: string;
  state?: string;
}

export interface GlobalSpec {
  readonly name: string;
  /** As help prints it: what stands outside the brackets is enough. */
  readonly synopsis: string;
  readonly about: string;
  readonly aliases?: readonly string[];
  readonly value?: string;
  readonly set: (globals: Globals, value: string) => void;
}

/** In the order in which prefixes are tried, as in ip(8): -b is -batch, -br is -brief. */
export const GLOBALS: readonly GlobalSpec[] = [
  {
    name: 'Version',
    aliases: ['version'],
    synopsis: '-V[ersion]',
    about: 'print the version',
    set: (g) => {
      g.version = true;
    },
  },
  {
    name: 'json',
    synopsis: '-j[son]',
    about: 'print JSON: an array of objects, or one object a line where it streams',
    set: (g) => {
      g.json = true;
    },
  },
  {
    name: 'pretty',
    synopsis: '-p[retty]',
    about: 'indent the JSON',
    set: (g) => {
      g.pretty = true;
    },
  },
  {
    name: 'statistics',
    aliases: ['stats'],
    synopsis: '-s[tatistics]',
    about: 'add counters; after icmp-responder -s is --silent',
    set: (g) => {
      g.statistics = true;
    },
  },
  {
    name: 'details',
    synopsis: '-d[etails]',
    about: 'add details',
    set: (g) => {
      g.details = true;
    },
  },
  {
    name: 'oneline',
    synopsis: '-o[neline]',
    about: 'one record a line, line breaks shown as "\\"',
    set: (g) => {
      g.oneline = true;
    },
  },
  {
    name: 'timestamp',
    synopsis: '-t[imestamp]',
    about: 'put the time in front of what is printed as it happens',
    set: (g) => {
      g.timestamp = 'long';
    },
  },
  {
    name: 'tshort',
    synopsis: '-ts[hort]',
    about: 'the same, in a short form',
    set: (g) => {
      g.timestamp = 'short';
    },
  },
  {
    name: 'netns',
    synopsis: '-n[etns]',
    value: 'NAME',
    about: 'run the command in that network namespace, under "ip netns exec"',
    set: (g, value) => {
      g.netns = value;
    },
  },
  {
    name: 'batch',
    synopsis: '-b[atch]',
    value: 'FILE',
    about: 'read commands from FILE, - for standard input; stop at the first that fails',
    set: (g, value) => {
      g.batch = value;
    },
  },
  {
    name: 'brief',
    synopsis: '-br[ief]',
    about: 'name, state and the essential in columns',
    set: (g) => {
      g.brief = true;
    },
  },
  {
    name: 'force',
    synopsis: '-force',
    about:
      'with -batch: go on after a command that failed; with filter set and apply: even if it ends this SSH session',
    set: (g) => {
      g.force = true;
    },
  },
  {
    name: 'all',
    synopsis: '-a[ll]',
    about: 'show also what is not enabled',
    set: (g) => {
      g.all = true;
    },
  },
  {
    name: 'color',
    synopsis: '-c[olor][={always|auto|never}]',
    about: 'colours; auto without this option, always without a word',
    set: (g, value) => {
      g.color = colorOf(value);
    },
  },
  {
    name: 'help',
    synopsis: '-h[elp]',
    about: 'what the object or command takes',
    set: (g) => {
      g.help = true;
    },
  },
  {
    name: 'state',
    synopsis: '-state',
    value: 'FILE',
    about: 'use this state file, and the folder run/ beside it for what runs',
    set: (g, value) => {
      g.state = value;
    },
  },
];

export const newGlobals = (): Globals => ({
  json: false,
  pretty: false,
  statistics: false,
  details: false,
  oneline: false,
  brief: false,
  timestamp: false,
  color: 'auto',
  all: false,
  force: false,
  help: false,
  version: false,
});

/** The global option that a word such as `-br` or `--color=never` stands for; with `exact`, only if it is a whole name. */
export function matchGlobal(word: string, exact = false): GlobalSpec | undefined {
  const name = nameOf(word);
  if (name === undefined) return undefined;
  const whole = GLOBALS.find((g) => g.name === name || g.aliases?.includes(name) === true);
  return whole ?? (exact ? undefined : GLOBALS.find((g) => g.name.startsWith(name)));
}

/** Takes the global option at `argv[at]`, and its value; returns the index behind them. */
export function takeGlobal(globals: Globals, spec: GlobalSpec, argv: readonly string[], at: number): number {
  const word = argv[at]!;
  const equals = word.indexOf('=');
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  if (spec.name === 'color') {
    spec.set(globals, attached ?? 'always');
    return at + 1;
  }
  if (spec.value === undefined) {
    if (attached !== undefined) throw usage('EVL_OPTION', `Option "${word}" takes no value`, spec.synopsis);
    spec.set(globals, '');
    return at + 1;
  }
  const value = attached ?? argv[at + 1];
  if (value === undefined) throw incomplete(`${word} ${spec.value}`);
  // A script whose variable is not set must not end up with the state of the machine.
  if (value === '')
    throw usage(
      'EVL_ARGUMENT',
      `argument "" is wrong: -${spec.name} wants ${spec.value}`,
      `name one, or leave -${spec.name} out`,
    );
  spec.set(globals, value);
  return attached === undefined ? at + 2 : at + 1;
}

/** Takes the options in front of OBJECT; returns the index of OBJECT, or of an option that is not known. */
export function takeLeading(argv: readonly string[], globals: Globals): number {
  let i = 0;
  for (let word = argv[i]; word?.startsWith('-'); word = argv[i]) {
    const spec = matchGlobal(word);
    if (spec === undefined) return i;
    i = takeGlobal(globals, spec, argv, i);
  }
  return i;
}

const nameOf = (word: string): string | undefined => /^--?([A-Za-z]+)(?:=|$)/.exec(word)?.[1];

function colorOf(value: string): Globals['color'] {
  if (value === 'always' || value === 'auto' || value === 'never') return value;
  throw usage(
    'EVL_ARGUMENT',
    `argument "${value}" is wrong: "color" is always, auto or never`,
    '-c[olor][={always|auto|never}]',
  );
}
