import { test } from '@jest/globals';
import { Call, r0, r1, r2, r3, r4, r6, r10 } from '../../src/bpf/asm.js';
import { Field } from '../../src/filter/context.js';
import { toXdp } from '../../src/filter/to-xdp.js';
import { describeIf } from '../capability.js';
import { assembled, type Filter } from './assembled.js';
import { Oracle, Translated } from './kernel-oracle.js';
import { mutatedFrames } from './mutate.js';

const FRAMES = 2000;

const filters: Filter[] = [
  assembled('accept_all', (a) => a.mov(r0, 1).exit()),
  assembled('skip_all', (a) => a.mov(r0, 2).exit()),
  assembled('protocol', (a) => a.load('w', r0, r1, Field.protocol).exit()),
  assembled('length', (a) => a.load('w', r0, r1, Field.len).exit()),
  assembled('ipv4_first_word', (a) =>
    a
      .mov(r2, 0)
      .mov(r3, r10)
      .alu('add', r3, -8)
      .mov(r4, 4)
      .call(Call.skbLoadBytes)
      .mov(r6, r0)
      .load('w', r0, r10, -8)
      .alu('add', r0, r6)
      .exit(),
  ),
];

describeIf(['root', 'bpf'])('toXdp() judges as the kernel does', () => {
  test.each(filters.map((f) => [f.program.name, f] as const))('%s', (_name, filter) => {
    const oracle = new Oracle(filter);
    const translated = new Translated(filter, toXdp(filter.object, filter.program, { verdictOnly: true }));
    try {
      for (const frame of mutatedFrames(1, FRAMES)) {
        const verdict = oracle.judge(frame);
        if (verdict === undefined) continue;
        const answer = translated.judge(frame);
        if (answer !== verdict)
          throw new Error(`${answer} instead of ${verdict}: ${Buffer.from(frame).toString('hex')}`);
      }
    } finally {
      translated.close();
      oracle.close();
    }
  });
});
