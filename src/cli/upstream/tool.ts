// EVL's tools (libevl): their switches become a command line of evlnet, their exit codes are kept.
import { EvlnetError, Exit, usage } from '../../errors.js';
import { newGlobals } from '../globals.js';
import type { Io } from '../io.js';
import { execute } from '../main.js';
import { takeOption } from '../options.js';
import { reportError } from '../print/error.js';
import type { OptionSpec } from '../spec.js';
import type { ToolName } from './name.js';

/** Runs the tool; never throws. Whatever goes wrong is 1, but for the one switch that a tool cannot do without. */
export async function runTool(tool: ToolName, argv: readonly string[], io: Io): Promise<number> {
  const named = { ...io, stderr: { write: (text: string) => io.stderr.write(signed(tool, text)) } };
  const about = answer(tool, argv);
  if (about !== undefined) {
    io.stdout.write(`${about}\n`);
    return Exit.Ok;
  }
  let words: string[];
  try {
    words = toolCommand(tool, argv);
  } catch (error) {
    return reportError(error, newGlobals(), named);
  }
  return (await execute(words, newGlobals(), named)) === Exit.Ok ? Exit.Ok : Exit.Usage;
}

/** The words after `evlnet` that do what the tool does; throws where its switches are wrong. */
export function toolCommand(tool: ToolName, argv: readonly string[]): string[] {
  if (tool === 'evl-net') return ['net', ...argv];
  const given = new Map(switches(tool, argv));
  const last = (...among: string[]) => [...given.keys()].filter((name) => among.includes(name)).at(-1);
  const verbosity = last('silent', 'dump');
  const flag = verbosity === undefined ? [] : [`--${verbosity}`];
  const values = (...among: string[]) =>
    among.flatMap((name) => (given.has(name) ? [`--${name}=${given.get(name)}`] : []));
  mustHave(tool, given);
  if (tool === 'oob-net-icmp') return ['icmp-responder', ...values('interface'), ...flag];
  if (last('receive', 'send') !== 'send')
    return ['udp', 'recv', ...values('address', 'port', 'iterations'), ...flag];
  return [
    ...['udp', 'send', ...values('address', 'port', 'message', 'repeat', 'iterations')],
    ...(verbosity === 'silent' ? flag : []),
  ];
}

const SILENT: OptionSpec = { name: 'silent', letter: 's', about: '' };
const DUMP: OptionSpec = { name: 'dump', letter: 'd', about: '' };
const value = (letter: string, name: string, required?: true): OptionSpec => ({
  name,
  letter,
  value: name,
  about: '',
  ...(required ? { required } : {}),
});

/** Letters as the tools have them, names as the commands. */
const OPTIONS = {
  'oob-net-icmp': [value('i', 'interface', true), DUMP, SILENT],
  'oob-net-udp': [
    value('a', 'address', true),
    value('p', 'port'),
    value('m', 'message'),
    value('n', 'repeat'),
    value('i', 'iterations'),
    DUMP,
    SILENT,
    { name: 'receive', letter: 'R', about: '' },
    { name: 'send', letter: 'S', about: '' },
  ],
} satisfies Partial<Record<ToolName, readonly OptionSpec[]>>;

const USAGE = {
  'oob-net-icmp': 'oob-net-icmp -i <network-interface> [-d][-s]',
  'oob-net-udp':
    'oob-net-udp -a <IP|broadcast> [-p <port>][-m <text>][-n <msgcount>][-i <iterations>][-d][-s][-R|-S]',
};

/** In the order in which each was given last. */
function switches(tool: keyof typeof OPTIONS, argv: readonly string[]): [name: string, value: string][] {
  const found = new Map<string, string>();
  for (let i = 0; i < argv.length; ) {
    const word = argv[i]!;
    const taken = /^-./.test(word) ? takeOption(OPTIONS[tool], argv, i, false) : undefined;
    if (taken === undefined) throw usage('EVL_OPTION', `invalid option "${word}"`, USAGE[tool]);
    for (const normal of taken.normal) {
      const [, name = '', text = ''] = /^--([^=]*)=?(.*)$/s.exec(normal) ?? [];
      found.delete(name);
      found.set(name, text);
    }
    i = taken.next;
  }
  return [...found];
}

function mustHave(tool: keyof typeof OPTIONS, given: ReadonlyMap<string, string>): void {
  const missing = OPTIONS[tool].find((option) => 'required' in option && !given.has(option.name));
  if (missing === undefined) return;
  throw new EvlnetError('EVL_REQUIRED', `argument "-${missing.letter}" is required`, { hint: USAGE[tool] });
}

/** What is said without doing anything. */
function answer(tool: ToolName, [word]: readonly string[]): string | undefined {
  // evl(1) asks its plugins so for a line of its help.
  if (tool === 'evl-net') return word === '-@' ? 'manage the EVL out-of-band networking stack' : undefined;
  return word === '-h' || word === '--help' ? `usage: ${USAGE[tool]}` : undefined;
}

/** As error(3): the program's name in front. */
const signed = (tool: ToolName, text: string): string =>
  /^(Warning|Hint|Usage): /.test(text) ? text : `${tool}: ${text.replace(/^Error: /, '')}`;
