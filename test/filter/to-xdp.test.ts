// What becomes of a frame by its filter's verdict: at XDP and at TCX the same, and what classify() says.
import { afterAll, expect, test } from '@jest/globals';
import { Assembler, Call, r0, r1, r2, r3, r4, r6, r10 } from '../../src/bpf/asm.js';
import { type ProgramSpec, ProgramType } from '../../src/bpf/program.js';
import { classify, OUTCOMES, tableView } from '../../src/filter/classify.js';
import { Field } from '../../src/filter/context.js';
import { COUNTERS, XSKS } from '../../src/filter/maps.js';
import { toTcx, vlanRuleTcx } from '../../src/filter/to-skb.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { HOOK_COUNT, Verdict } from '../../src/filter/verdict.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import { vlanRule } from '../../src/filter/xdp.js';
import { close, socket } from '../../src/linux/libc.js';
import { macOctets, RESPONDER } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { assembled, type Filter } from './assembled.js';
import { contextOf, Loaded } from './kernel-oracle.js';
import { mutatedFrames } from './mutate.js';

const FRAMES = [...mutatedFrames(5, 4000)];
const base = Uint8Array.from(macOctets(RESPONDER.mac));
const table = vlanTable([42, 43], [{ vid: 43, lladdr: base, ownsArp: true }], base);
const XDP = { pass: 2, drop: 1, taken: 4 };
const TCX = { pass: 0xffffffff, drop: 2, taken: 2 };

const AF_XDP = 44;
const SOCK_RAW = 3;
const xsk = socket(AF_XDP, SOCK_RAW, 0);
afterAll(() => void close(xsk));

const answering = (verdict: number): Filter => assembled('answer', (a) => a.mov(r0, verdict).exit());
/** Judges by the octets at offset 0, a tag's first or the IPv4 version. */
const byFrame: Filter = assembled('by_frame', (a) =>
  a
    .load('w', r6, r1, Field.protocol)
    .load('w', r2, r1, Field.vlan_present)
    .alu('add', r6, r2)
    .load('w', r2, r1, Field.len)
    .alu('add', r6, r2)
    .mov(r2, 0)
    .mov(r3, r10)
    .alu('add', r3, -8)
    .mov(r4, 2)
    .call(Call.skbLoadBytes)
    .load('h', r0, r10, -8)
    .alu('add', r0, r6)
    .alu('mod', r0, 5)
    .exit(),
);

const outcomeOf = (frame: Uint8Array, verdict: number, any: boolean) => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  return OUTCOMES[classify(view, 0, frame.length, verdict, tableView(table), any)]!;
};

/** The program, with the tag that skb->mark names put beside the frame first. */
function withTagBeside(spec: ProgramSpec): ProgramSpec {
  const a = new Assembler(spec.name, ProgramType.SchedCls)
    .mov(r6, r1)
    .load('w', r3, r6, Field.mark)
    .jump('==', r3, 0, 'no tag')
    .store('w', r6, Field.mark, 0)
    .mov(r2, r3)
    .alu('rsh', r2, 16)
    .alu('and', r3, 0xffff)
    .call(Call.skbVlanPush)
    .label('no tag')
    .mov(r1, r6);
  const ahead = a.length;
  for (const i of spec.instructions) a.append(i);
  for (const [name, at] of spec.labels) a.label(name, ahead + at);
  return { ...spec, ...a.program() };
}

/** The frame without its outer tag, and that tag for `withTagBeside`. */
function untagged(frame: Uint8Array): { frame: Uint8Array; context: Uint8Array } | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const tpid = frame.length > 18 ? view.getUint16(12) : 0;
  if (tpid !== 0x8100 && tpid !== 0x88a8) return undefined;
  const context = contextOf(0);
  new DataView(context.buffer).setUint32(
    Field.mark,
    (view.getUint16(12, true) << 16) | view.getUint16(14),
    true,
  );
  return { frame: Uint8Array.of(...frame.subarray(0, 12), ...frame.subarray(16)), context };
}

interface Case {
  readonly name: string;
  readonly filter: Filter;
  readonly spec: ProgramSpec;
  readonly codes: typeof XDP;
  readonly any: boolean;
  /** What the filter returns. */
  readonly verdict: (frame: Uint8Array) => number;
}

/** Counters as they must be after the frames, and the return code of each. */
function follow({ filter, spec, codes, any, verdict }: Case, tagsAreBeside = false): number {
  const loaded = new Loaded(filter, spec, table);
  try {
    if (codes === XDP) loaded.maps.get(XSKS)!.update(0, new Uint8Array(Uint32Array.of(xsk).buffer));
    const counts = new Array<number>(HOOK_COUNT).fill(0);
    let judged = 0;
    for (const frame of FRAMES) {
      const beside = tagsAreBeside ? untagged(frame) : { frame, context: undefined };
      if (!beside) continue;
      const answer = loaded.judgeIfAble(beside.frame, beside.context);
      if (answer === undefined) continue;
      judged++;
      const outcome = outcomeOf(frame, verdict(frame), any);
      counts[outcome.verdict]!++;
      if (outcome.besides !== undefined) counts[outcome.besides]!++;
      const want = outcome.isTaken ? codes.taken : outcome.verdict === Verdict.Drop ? codes.drop : codes.pass;
      if (answer !== want)
        throw new Error(
          `${answer} instead of ${want} (${outcome.text}): ${Buffer.from(frame).toString('hex')}`,
        );
    }
    expect(loaded.maps.get(COUNTERS.name)!.sums()).toEqual(counts);
    return judged;
  } finally {
    loaded.close();
  }
}

const hooks = [
  { hook: 'XDP', codes: XDP, to: toXdp },
  { hook: 'TCX', codes: TCX, to: toTcx },
];
const verdicts = ['drop', 'accept', 'skip', 'VLAN', 'no verdict'];
const answers = hooks.flatMap(({ hook, codes, to }) =>
  verdicts.flatMap((text, verdict) =>
    [false, true].map((any): Case => {
      const filter = answering(verdict);
      const spec = to(filter.object, filter.program, { anyEthertype: any });
      const name = `${hook}: ${text}${any ? ', any ethertype' : ''}`;
      return { name, filter, spec, codes, any, verdict: () => verdict };
    }),
  ),
);
const bare = answering(Verdict.Vlan);
const rules: Case[] = [
  {
    name: 'XDP: no filter',
    filter: bare,
    spec: vlanRule(),
    codes: XDP,
    any: false,
    verdict: () => Verdict.Vlan,
  },
  {
    name: 'TCX: no filter',
    filter: bare,
    spec: vlanRuleTcx(),
    codes: TCX,
    any: false,
    verdict: () => Verdict.Vlan,
  },
];

describeIf(['root', 'bpf'])('a frame goes the way that classify() says', () => {
  test.each([...answers, ...rules].map((c) => [c.name, c] as const))('%s', (_name, each) => {
    expect(follow(each)).toBeGreaterThan(3000);
  });

  test.each([...answers, ...rules].filter((c) => c.codes === TCX).map((c) => [c.name, c] as const))(
    '%s, the outer tag beside the frame',
    (_name, each) => {
      expect(follow({ ...each, spec: withTagBeside(each.spec) }, true)).toBeGreaterThan(1000);
    },
  );

  test('at TCX a filter sees the tag where it was on the wire, and the next program where it is now', () => {
    const judge = new Loaded(byFrame, byFrame.program);
    const tcx = new Loaded(byFrame, withTagBeside(toTcx(byFrame.object, byFrame.program)), table);
    let compared = 0;
    try {
      for (const frame of FRAMES) {
        const beside = untagged(frame);
        const verdict = judge.judgeIfAble(frame);
        if (!beside || verdict === undefined) continue;
        const { isTaken, verdict: outcome } = outcomeOf(frame, verdict, false);
        const { result, data } = tcx.runIfAble(beside.frame, beside.context) ?? {};
        if (result === undefined) continue;
        const wanted = isTaken || outcome === Verdict.Drop ? TCX.drop : TCX.pass;
        if (result !== wanted || (result === TCX.pass && Buffer.compare(data!, beside.frame) !== 0))
          expect([result, data]).toEqual([wanted, beside.frame]);
        compared++;
      }
    } finally {
      judge.close();
      tcx.close();
    }
    expect(compared).toBeGreaterThan(1000);
  });
});
