// Every committed filter, as the kernel runs it untouched and as evlnet translated it: one verdict, frame by frame.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readObject } from '../../src/bpf/object.js';
import { type ProgramSpec, ProgramType } from '../../src/bpf/program.js';
import { toTcx } from '../../src/filter/to-skb.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { RESPONDER } from '../build-frame.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from '../linux/namespace.js';
import type { Filter } from './assembled.js';
import { contextOf, Loaded } from './kernel-oracle.js';
import { mutatedFrames } from './mutate.js';

const FRAMES = [...mutatedFrames(3, 10_500)];
const COMPARED = 10_000;

const files = ['examples/filters', 'test/bpf/objects', 'test/filter/objects']
  .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
  // What reading objects is tested with is partly there to be refused.
  .filter((file) => /(?<!kconfig|refused)\.o$/.test(file));
const filters = files.flatMap((file) => {
  const object = readObject(readFileSync(file), basename(file));
  const programs = object.programs.filter((program) => program.type === ProgramType.SocketFilter);
  return programs.map((program): [string, Filter] => [`${object.name} ${program.name}`, { object, program }]);
});

const translations: [name: string, make: (filter: Filter) => ProgramSpec][] = [
  ['XDP', ({ object, program }) => toXdp(object, program, { verdictOnly: true })],
  [
    'XDP without CAP_PERFMON',
    ({ object, program }) => toXdp(object, program, { verdictOnly: true, withoutPerfmon: true }),
  ],
  ['TCX', ({ object, program }) => toTcx(object, program, { verdictOnly: true })],
];

describeIf(['root', 'bpf', 'network namespaces'])('a filter as the kernel runs it, translated to', () => {
  let leave = () => {};
  let context: Uint8Array;
  beforeAll(() => {
    const namespace = enterNamespace();
    leave = namespace.leave;
    run('ip', 'link', 'add', 'evl0', 'address', RESPONDER.mac, 'type', 'veth', 'peer', 'name', 'evl1');
    context = contextOf(Number(/^(\d+)/.exec(run('ip', '-o', 'link', 'show', 'evl0'))![1]));
  });
  afterAll(() => leave());

  test.each(filters)('%s', (_name, filter) => {
    const original = new Loaded(filter, filter.program);
    const open = [original];
    try {
      const others = translations.map(([to, make]): [string, Loaded] => {
        const loaded = new Loaded(filter, make(filter));
        open.push(loaded);
        return [to, loaded];
      });
      let compared = 0;
      for (const frame of FRAMES) {
        const verdict = original.judgeIfAble(frame, context);
        if (verdict === undefined) continue;
        compared++;
        for (const [to, translated] of others) {
          const answer = translated.judge(frame, to === 'TCX' ? context : undefined);
          if (answer !== verdict)
            throw new Error(`${to}: ${answer} instead of ${verdict}: ${Buffer.from(frame).toString('hex')}`);
        }
      }
      expect(compared).toBeGreaterThan(COMPARED);
    } finally {
      for (const it of open) it.close();
    }
  });
});
