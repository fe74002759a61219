// Rules as one EVL filter: `match EXPRESSION VERDICT …`, the first that matches decides.
import { Assembler, r0, r1, r6, r7, r8, r9 } from '../bpf/asm.js';
import type { SourceLine } from '../bpf/instruction.js';
import type { ObjectSpec } from '../bpf/object.js';
import { type MapSpec, MapType, ProgramType } from '../bpf/program.js';
import { usage } from '../errors.js';
import { Field } from './context.js';
import { increment } from './counting.js';
import { Branches, type Ways } from './expression/branches.js';
import type { Span } from './expression/error.js';
import { parse } from './expression/parse.js';
import { RULE_HITS } from './rule-hits.js';
import type { Rule, RulesSource } from './source.js';
import { VERDICTS } from './verdict.js';

/** As the kernel has it for classic BPF. Translated to XDP, jumps still reach: 16 bits. */
const MOST = 4096;
const ETHERNET_HEADER = 14;
const TAGGED_HEADER = 18;

/** The filter as an object that holds one program, `bpf_netrx` of section `socket`. Throws EVL_EXPRESSION. */
export function compileRules({ rules, default: otherwise }: RulesSource): ObjectSpec {
  const conditions = rules.map(({ match }) => parse(match));
  const a = new Assembler('bpf_netrx', ProgramType.SocketFilter);
  a.line('length of the frame, as it was on the wire').mov(r6, r1).load('w', r9, r6, Field.len);

  // The kernel refuses code that nothing comes to.
  const reached = new Set(rules.length === 0 ? [0] : []);
  const chain = (prefix: string, isTagBeside: boolean, headers: number): void => {
    a.line('length of the frame, as it was on the wire').alu('add', r9, headers);
    const branches = new Branches(a, prefix, isTagBeside);
    const start = (rule: number) => `${prefix}rule${rule}`;
    const ways = conditions.map((_, i): Ways => {
      const isLast = i === rules.length - 1;
      const no = isLast ? hit(rules.length) : start(i + 1);
      return { yes: hit(i), no, next: isLast ? '' : no };
    });
    conditions.forEach((condition, i) => {
      branches.announce(start(i), condition, ways[i]!);
    });
    conditions.forEach((condition, i) => {
      branches.place(start(i));
      branches.match(condition, sourceOf(rules[i]!, i), ways[i]!);
      if (a.length > MOST)
        throw usage(
          'EVL_EXPRESSION',
          `Cannot compile rules: up to rule ${i + 1} they are more than ${MOST} instructions`,
          'an object file can look up any number of addresses in a map',
        );
    });
    branches.end();
    for (let i = 0; i <= rules.length; i++) if (branches.reaches(hit(i))) reached.add(i);
  };
  if (rules.length > 0) {
    a.load('w', r0, r6, Field.vlan_present).jump('!=', r0, 0, 'beside');
    chain('', false, ETHERNET_HEADER);
    a.line('the driver took the tag out of the frame').label('beside');
    chain('beside.', true, TAGGED_HEADER);
  }
  [...rules.map(({ verdict }) => verdict), otherwise].forEach((verdict, i) => {
    if (!reached.has(i)) return;
    a.line(i < rules.length ? `rule ${i + 1}: ${verdict}` : `default: ${verdict}`).label(hit(i));
    a.mov(r7, i).mov(r8, VERDICTS.indexOf(verdict));
    if (i < rules.length) a.goto('count');
  });
  increment(a.line('rule_hits[rule]++').label('count'), RULE_HITS, r7, 'verdict');
  a.line('verdict').label('verdict').mov(r0, r8).exit();
  return {
    name: 'rules',
    license: 'GPL',
    programs: [{ ...a.program(), section: 'socket' }],
    maps: new Map([[RULE_HITS, ruleHits(rules.length + 1)]]),
    btf: undefined,
    notes: [],
  };
}

const hit = (rule: number): string => `hit${rule}`;

const sourceOf =
  ({ match }: Rule, index: number) =>
  ({ at }: Span): SourceLine => ({ file: `rule ${index + 1}`, line: 1, column: at + 1, text: match });

const ruleHits = (count: number): MapSpec => ({
  name: RULE_HITS,
  type: MapType.PercpuArray,
  keySize: 4,
  valueSize: 8,
  maxEntries: count,
});
