// Every conditional jump, with operands at the edges, as the kernel takes it.
import { expect, test } from '@jest/globals';
import { Assembler, r0, r1, r2 } from '../../src/bpf/asm.js';
import { Jump } from '../../src/bpf/instruction.js';
import { ProgramType } from '../../src/bpf/program.js';
import { UNKNOWN, type Value } from '../../src/filter/analysis/value.js';
import { jumpsWith } from '../../src/filter/condition.js';
import { loadProgram, testRun } from '../../src/linux/bpf.js';
import { describeIf } from '../capability.js';

const NUMBERS = [0, 1, -14, -0x80000000];

describeIf(['root', 'bpf'])('jumpsWith() answers as the kernel', () => {
  const frame = new Uint8Array(64);
  const known = (value: number): Value[] =>
    Array.from({ length: 11 }, (_, n) => (n === 2 ? { kind: 'constant', value } : UNKNOWN));

  test.each(Object.keys(Jump) as Jump[])('if a %s b', (condition) => {
    for (const jump of ['jump', 'jump32'] as const)
      for (const a of NUMBERS)
        for (const b of NUMBERS) {
          const written = new Assembler('condition', ProgramType.Xdp)
            .mov(r0, a)
            .mov(r2, b)
            [jump](condition, r0, r2, 'yes')
            .mov(r0, 1)
            .exit()
            .label('yes')
            .mov(r0, 2)
            .exit()
            .program();
          const program = loadProgram(written);
          const answer = testRun(program, frame).result === 2;
          program.close();
          const i = written.instructions[2]!;
          expect([jump, a, b, jumpsWith(i, a, known(b))]).toEqual([jump, a, b, answer]);
        }
  });

  test('says nothing of other registers, or of what is not known', () => {
    const { instructions } = new Assembler('condition', ProgramType.Xdp)
      .jump('==', r1, 0, 'out')
      .jump('==', r0, r1, 'out')
      .label('out')
      .exit()
      .program();
    for (const i of instructions) expect(jumpsWith(i, 0, known(0))).toBeUndefined();
  });
});
