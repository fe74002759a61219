import { GLOBALS } from './globals.js';
import type { ObjectSpec, OptionSpec, VerbSpec, WordSpec } from './spec.js';
import { OBJECTS } from './table/index.js';
import { describeType } from './value.js';

const WIDTH = 100;

/** `evlnet port enable [ dev ] IFNAME …`, one string a verb: what help and the manual's SYNOPSIS show. */
export const synopsis = (object: ObjectSpec, verb: VerbSpec): string =>
  ['evlnet', object.name, ...verbWord(object, verb), verb.synopsis].filter(Boolean).join(' ');

/** `evlnet help` */
export function helpForAll(): string {
  const objects = OBJECTS.map((o) => o.name).join(' | ');
  return joined([
    ...wrap('Usage: ', 'evlnet [ OPTIONS ] OBJECT { COMMAND | help } [ ARGUMENTS ]'),
    ...wrap('       ', 'evlnet [ -force ] -batch FILE'),
    ...wrap('where  ', `OBJECT := { ${objects} }`),
    '',
    'Objects:',
    ...rows(OBJECTS.map((o) => [o.name, o.about])),
    '',
    'Options:',
    ...rows(GLOBALS.map((g) => [g.value ? `${g.synopsis} ${g.value}` : g.synopsis, g.about])),
    '',
    ...wrap(
      '',
      'Objects and commands may be cut to a unique prefix. No COMMAND means show. ' +
        '"evlnet OBJECT help" and "evlnet OBJECT COMMAND help" say more.',
    ),
  ]);
}

/** `evlnet port help` */
export function helpForObject(object: ObjectSpec): string {
  const [first, ...others] = object.verbs;
  if (first === undefined) return '';
  if (first.name === '') return helpForVerb(object, first);
  return joined([
    ...wrap('Usage: ', synopsis(object, first)),
    ...others.flatMap((v) => wrap('       ', synopsis(object, v))),
    '',
    'Commands:',
    ...rows([first, ...others].map((v) => [v.name, v.about])),
    ...(object.notes ?? []).flatMap((note) => ['', ...wrap('', note)]),
  ]);
}

/** `evlnet port enable help` */
export function helpForVerb(object: ObjectSpec, verb: VerbSpec): string {
  const section = (title: string, lines: string[]) => (lines.length === 0 ? [] : ['', `${title}:`, ...lines]);
  const { words = [], options = [], examples = [], json = [] } = verb;
  return joined([
    ...wrap('Usage: ', synopsis(object, verb)),
    '',
    ...wrap('', `${verb.about[0]!.toUpperCase()}${verb.about.slice(1)}.`),
    ...section('Arguments', rows(words.map((w) => [wordSyntax(w), described(w)]))),
    ...section('Options', rows(options.map((o) => [optionSyntax(o), described(o)]))),
    ...section(
      'Examples',
      examples.flatMap((e) => [`  ${e.command}`, `      ${e.does}`]),
    ),
    ...section('JSON keys', json.length === 0 ? [] : wrap('  ', json.join(' '))),
  ]);
}

/** `pool N`, `[ dev ] IFNAME`, `LIST`, `create`. */
export function wordSyntax(word: WordSpec): string {
  if (word.value === undefined) return word.name;
  if (word.position === 'bare') return `[ ${word.name} ] ${word.value}`;
  if (word.position !== undefined) return word.value;
  // Of several values the choices are those of the last.
  const choices = word.repeats ? [] : (word.type?.choices ?? []);
  return `${word.name} ${choices.length > 1 ? `{ ${choices.join(' | ')} }` : word.value}`;
}

/** `-c, --count COUNT`, `-Q[LETTERS], --query-port[=LETTERS]` */
export function optionSyntax(option: OptionSpec): string {
  if (option.attached) return `-${option.letter}[${option.value}], --${option.name}[=${option.value}]`;
  const names = option.letter ? `-${option.letter}, --${option.name}` : `--${option.name}`;
  return option.value === undefined ? names : `${names} ${option.value}`;
}

const verbWord = (object: ObjectSpec, verb: VerbSpec): string[] => {
  if (verb.name === '') return [];
  const isShow = verb.name === 'show' || verb.aliases?.includes('show') === true;
  if (!isShow) return [verb.name];
  // cli.md: `port { show | list }`, `vlans [ show ]`.
  return object.name === 'port' ? ['{ show | list }'] : [`[ ${verb.name} ]`];
};

const described = (spec: WordSpec | OptionSpec): string => {
  const limits =
    spec.type?.integer && spec.type.integer[1] < Number.MAX_SAFE_INTEGER
      ? describeType(spec.type)
      : undefined;
  const extra = [limits, spec.default && `default ${spec.default}`].filter(Boolean).join(', ');
  return extra === '' ? spec.about : `${spec.about} (${extra})`;
};

function rows(pairs: readonly (readonly [name: string, about: string])[]): string[] {
  const width = Math.min(28, Math.max(...pairs.map(([name]) => name.length)));
  return pairs.flatMap(([name, about]) => {
    const indent = ' '.repeat(width + 4);
    if (name.length > width) return [`  ${name}`, ...wrap(indent, about)];
    const [first = '', ...others] = wrap(indent, about);
    return [`  ${name.padEnd(width)}  ${first.trimStart()}`, ...others];
  });
}

/** Lines of at most WIDTH; the first starts with `lead`, the others are indented as far, and 4 more in a usage. */
function wrap(lead: string, text: string): string[] {
  const indent = ' '.repeat(lead.length) + (text.startsWith('evlnet ') ? '    ' : '');
  const lines: string[] = [];
  let line = lead;
  let isFresh = true;
  for (const word of groups(text)) {
    if (!isFresh && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      isFresh = true;
    }
    line += isFresh ? word : ` ${word}`;
    isFresh = false;
  }
  lines.push(line);
  return lines;
}

// A line never breaks inside `[ … ]` or `{ … }` at the outermost level, where that fits a line.
function groups(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  for (const word of text.split(' ')) {
    if (depth > 0) found[found.length - 1] += ` ${word}`;
    else found.push(word);
    if (word === '[' || word === '{') depth++;
    if ((word === ']' || word === '}') && depth > 0) depth--;
  }
  return found.flatMap((group) => (group.length > WIDTH - 20 ? group.split(' ') : [group]));
}

const joined = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
