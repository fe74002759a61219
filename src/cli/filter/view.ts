import { basename } from 'node:path';
import type { Paint } from '../print/paint.js';
import type { View } from '../print/printer.js';
import type { FilterRecord } from './record.js';
import { ruleWords } from './text.js';

/** ip(8)-style lines: the rules always, the file with -d, what was counted with -s. */
export const filterView: View<FilterRecord> = {
  text: (record, { paint, details, statistics }) => [
    firstLine(record, paint),
    ...ruleLines(record),
    ...(details ? detailLines(record) : []),
    ...(record.why === undefined ? [] : [`    why: ${record.why}`]),
    ...(statistics ? verdictLines(record) : []),
  ],
  brief: (record, { paint }) => ({
    name: record.ifname,
    state: record.operstate,
    paintName: paint.ifname,
    paintState: statePaint(record, paint),
    rest: [nameOf(record), record.engine],
  }),
};

/** `ecat.o`, `rules`, `all accept` */
function nameOf({ object, rules, all }: FilterRecord): string {
  if (object !== undefined) return basename(object);
  if (rules !== undefined) return 'rules';
  return all === undefined ? 'none' : `all ${all}`;
}

function firstLine(record: FilterRecord, paint: Paint): string {
  const { ifname, operstate, engine, worker } = record;
  const words = [`${paint.ifname(ifname)}: filter ${nameOf(record)}`];
  if (operstate !== 'NONE') words.push(`state ${statePaint(record, paint)(operstate)}`);
  if (engine !== undefined) words.push(`engine ${engine}`);
  if (worker !== undefined) words.push(`worker ${worker}`);
  return words.join(' ');
}

function ruleLines({ rules, default: otherwise }: FilterRecord): string[] {
  const hits = (count: number | undefined) => (count === undefined ? '' : ` hits ${count}`);
  return [
    ...(rules ?? []).map((rule) => `    ${ruleWords(rule)}${hits(rule.hits)}`),
    ...(otherwise ? [`    default ${otherwise.verdict}${hits(otherwise.hits)}`] : []),
  ];
}

function detailLines({ object, program, sha256, instructions }: FilterRecord): string[] {
  const file = [
    ...(object === undefined ? [] : [`object ${object}`]),
    ...(program === undefined ? [] : [`program ${program}`]),
  ];
  const size = instructions === undefined ? [] : [`instructions ${instructions}`];
  return [file, sha256 === undefined ? size : [`sha256 ${sha256}`, ...size]]
    .filter((words) => words.length > 0)
    .map((words) => `    ${words.join(' ')}`);
}

const verdictLines = ({ verdicts }: FilterRecord): string[] =>
  verdicts
    ? [
        `    verdicts ${Object.entries(verdicts)
          .map(([name, count]) => `${name} ${count}`)
          .join(' ')}`,
      ]
    : [];

const statePaint = ({ operstate }: FilterRecord, paint: Paint) => {
  if (operstate === 'RUNNING') return paint.up;
  return operstate === 'SET' || operstate === 'NONE' ? (text: string) => text : paint.down;
};
