// Every committed filter, as the kernel runs it untouched and as evlnet translated it: one verdict, frame by frame.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readObject } from '../../src/bpf/object.js';
import { type ProgramSpec, ProgramType } from '../../src/bpf/program.js';
import { toTcx } from '../../src/filter/to-skb.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { WasmFilter } from '../../src/filter/wasm/filter.js';
import { macOctets, RESPONDER } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from '../linux/namespace.js';
import type { Filter } from './assembled.js';
import { contextOf, Loaded } from './kernel-oracle.js';
import { mutatedFrames } from './mutate.js';
import { objectFiles } from './object-files.js';

const FRAMES = [...mutatedFrames(3, 5300)];
const COMPARED = 5000;

const filters = objectFiles.flatMap((file) => {
  const object = readObject(readFileSync(file), basename(file));
  const programs = object.programs.filter((program) => program.type === ProgramType.SocketFilter);
  return programs.map((program): [string, Filter] => [`${object.name} ${program.name}`, { object, program }]);
});

/** With the programs that it goes on to, made in the same way. */
function load(filter: Filter, make: (filter: Filter) => ProgramSpec): Loaded {
  const { object } = filter;
  const called = [...object.maps.values()].flatMap((map) => [...(map.slots?.values() ?? [])]);
  const tails = object.programs.filter((program) => called.includes(program.name));
  const made = tails.map((program): [string, ProgramSpec] => [program.name, make({ object, program })]);
  return new Loaded(filter, make(filter), undefined, new Map(made));
}

const translations: [name: string, make: (filter: Filter) => ProgramSpec][] = [
  ['XDP', ({ object, program }) => toXdp(object, program, { verdictOnly: true })],
  [
    'XDP without CAP_PERFMON',
    ({ object, program }) => toXdp(object, program, { verdictOnly: true, withoutPerfmon: true }),
  ],
  ['TCX', ({ object, program }) => toTcx(object, program, { verdictOnly: true })],
];

/** What needs the kernel. */
const NOT_WASM = ['kfunc.o bpf_netrx', 'nested-maps.o bpf_netrx'];

describeIf(['root', 'bpf', 'network namespaces'])('a filter as the kernel runs it, translated to', () => {
  let leave = () => {};
  let context: Uint8Array;
  let ifindex: number;
  beforeAll(() => {
    const namespace = enterNamespace();
    leave = namespace.leave;
    run('ip', 'link', 'add', 'evl0', 'address', RESPONDER.mac, 'type', 'veth', 'peer', 'name', 'evl1');
    ifindex = Number(/^(\d+)/.exec(run('ip', '-o', 'link', 'show', 'evl0'))![1]);
    context = contextOf(ifindex);
  });
  afterAll(() => leave());

  const inWasm = ({ object, program }: Filter) => {
    const lladdr = Uint8Array.from(macOctets(RESPONDER.mac));
    const wasm = WasmFilter.create(object, program, { context: { ifindex, lladdr } });
    return (frame: Uint8Array) => wasm.judge(new DataView(frame.buffer), 0, frame.length);
  };

  test.each(NOT_WASM)('%s, which is not for WebAssembly', (name) => {
    const [, filter] = filters.find(([of]) => of === name)!;
    expect(() => inWasm(filter)).toThrow(expect.objectContaining({ code: 'EVL_FILTER_UNSUPPORTED' }));
  });

  test.each(filters)('%s', (name, filter) => {
    const original = load(filter, (f) => f.program);
    const open = [original];
    try {
      const others = translations.map(([to, make]): [string, Loaded] => {
        const loaded = load(filter, make);
        open.push(loaded);
        return [to, loaded];
      });
      const wasm = NOT_WASM.includes(name) ? undefined : inWasm(filter);
      const differs = (to: string, answer: number, verdict: number, frame: Uint8Array): never => {
        throw new Error(`${to}: ${answer} instead of ${verdict}: ${Buffer.from(frame).toString('hex')}`);
      };
      let compared = 0;
      for (const frame of FRAMES) {
        const verdict = original.judgeIfAble(frame, context);
        if (verdict === undefined) continue;
        compared++;
        for (const [to, translated] of others) {
          const answer = translated.judge(frame, to === 'TCX' ? context : undefined);
          if (answer !== verdict) differs(to, answer, verdict, frame);
        }
        const answer = wasm?.(frame) ?? verdict;
        if (answer !== verdict) differs('WebAssembly', answer, verdict, frame);
      }
      expect(compared).toBeGreaterThan(COMPARED);
    } finally {
      for (const it of open) it.close();
    }
  });
});
