import { GLOBALS } from './globals.js';
import type { ObjectSpec, OptionSpec, VerbSpec, WordSpec } from './spec.js';
import { OBJECTS } from './table/index.js';

/**
 * The bash completion: static, so that a TAB costs no start of node. It knows objects, verbs, keywords, options and their
 * choices; interface names come from /sys/class/net.
 */
export function bashCompletion(): string {
  return `# bash completion for evlnet; made by "evlnet completion bash", do not edit
_evlnet() {
    local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
    local object= verb= i=1 word
    COMPREPLY=()
    while ((i < COMP_CWORD)); do
        word=\${COMP_WORDS[i]}
        case $word in
${globalsWithValue()}            -*) ;;
            *) if [[ -z $object ]]; then object=$word; elif [[ -z $verb ]]; then verb=$word; fi ;;
        esac
        ((i++))
    done
    case $prev in
${previousWords()}    esac
    if [[ -z $object ]]; then
        _evlnet_words "${OBJECTS.map((o) => o.name).join(' ')} help ${globalNames()}"
        return
    fi
    case $object in
${OBJECTS.map(objectCase).join('')}    esac
}
_evlnet_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_evlnet_devices() { COMPREPLY=($(compgen -W "$(cd /sys/class/net && echo *) $1" -- "$cur")); }
# A folder is no end, and a space in a name no border.
_evlnet_files() { compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f "$@" -- "$cur"); }
complete -F _evlnet evlnet
`;
}

const globalNames = (): string => GLOBALS.map((g) => `-${g.name}`).join(' ');

function globalsWithValue(): string {
  const names = GLOBALS.filter((g) => g.value).flatMap((g) =>
    g.name === 'state' ? ['-state', '--state'] : [`-${g.name[0]}`, `-${g.name}`, `--${g.name}`],
  );
  return `            ${names.join('|')}) ((i++)) ;;\n`;
}

/** What the word before the cursor asks for, where that alone decides. */
function previousWords(): string {
  const lines = [
    ['dev|link|-i|--interface', '_evlnet_devices; return'],
    ['-batch|--batch|-state|--state|object|pcap|--output', `${FILES}; return`],
    ['-r|--read|-w|--write', `if [[ $object == dump ]]; then ${FILES}; return; fi`],
    // Some letters are the object's own.
    ['-b', `if [[ $object != net ]]; then ${FILES}; return; fi`],
    [
      '-n|-netns|--netns',
      'if [[ $object != net ]]; then COMPREPLY=($(compgen -W "$(ls /run/netns 2>/dev/null)" -- "$cur")); return; fi',
    ],
  ];
  const choices = new Map<string, { values: readonly string[]; objects: Set<string> }>();
  for (const object of OBJECTS)
    for (const verb of object.verbs)
      for (const spec of [...(verb.words ?? []), ...(verb.options ?? [])])
        if (spec.type?.choices && !('repeats' in spec && spec.value?.includes(' '))) {
          const name = 'letter' in spec || isOption(spec, verb) ? `--${spec.name}` : spec.name;
          const known = choices.get(name) ?? { values: spec.type.choices, objects: new Set() };
          known.objects.add(PREFIXES[object.name] ?? object.name);
          choices.set(name, known);
        }
  for (const [name, { values, objects }] of choices)
    lines.push([
      name,
      `case $object in ${[...objects].join('|')}) _evlnet_words "${values.join(' ')}"; return ;; esac`,
    ]);
  return lines.map(([words, act]) => `        ${words}) ${act} ;;\n`).join('');
}

const FILES = '_evlnet_files';
const isFile = (spec: WordSpec): boolean => spec.value?.startsWith('FILE') === true;

const dashed = (o: OptionSpec): string[] => (o.letter ? [`-${o.letter}`, `--${o.name}`] : [`--${o.name}`]);

const isOption = (spec: WordSpec | OptionSpec, verb: VerbSpec): boolean =>
  (verb.options ?? []).some((option) => option === spec);

/** What people type instead of a long name. */
const PREFIXES: Readonly<Record<string, string>> = { 'icmp-responder': 'icmp*', neighbour: 'neigh*' };

function objectCase(object: ObjectSpec): string {
  const [only] = object.verbs;
  const pattern = PREFIXES[object.name] ?? object.name;
  if (only?.name === '') return `        ${pattern})\n${reply(only, '            ')} ;;\n`;
  const verbs = object.verbs;
  const names = verbs.map((v) => v.name).join(' ');
  const cases = verbs
    .filter((v) => (v.words ?? []).length + (v.options ?? []).length > 0)
    .map(
      (v) =>
        `                ${[v.name, ...(v.aliases ?? [])].join('|')})\n${reply(v, '                    ')} ;;\n`,
    )
    .join('');
  const inner = cases === '' ? '' : `            case $verb in\n${cases}            esac\n`;
  return `        ${pattern})
            if [[ -z $verb ]]; then _evlnet_words "${names} help"; return; fi
${inner}            ;;
`;
}

function reply(verb: VerbSpec, indent: string): string {
  const words = (verb.words ?? [])
    .filter((w) => w.position === undefined || w.position === 'bare')
    .map((w) => w.name);
  const options = (verb.options ?? []).flatMap(dashed);
  const all = [...words, ...options].join(' ');
  if (verb.words?.some((word) => isFile(word) && word.position === 'only'))
    return indent + (all === '' ? FILES : `${FILES} -W "${all}"`);
  const takesDevice = (verb.words ?? []).some((w) => w.position === 'bare');
  return `${indent}${takesDevice ? '_evlnet_devices' : '_evlnet_words'} "${all}"`;
}
