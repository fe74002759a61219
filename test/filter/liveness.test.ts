import { expect, test } from '@jest/globals';
import { Assembler, Call, r0, r1, r2, r3, r5, r6, r10 } from '../../src/bpf/asm.js';
import { disassembleProgram } from '../../src/bpf/disassemble.js';
import { ProgramType } from '../../src/bpf/program.js';
import { withoutDeadCode } from '../../src/filter/liveness.js';

const cases: [name: string, write: (a: Assembler) => Assembler, left: (a: Assembler) => Assembler][] = [
  ['what is written again', (a) => a.mov(r0, 1).mov(r0, 2).exit(), (a) => a.mov(r0, 2).exit()],
  [
    'what only the superfluous reads',
    (a) => a.mov(r2, 1).mov(r3, r2).alu('add', r3, 4).mov(r0, 0).exit(),
    (a) => a.mov(r0, 0).exit(),
  ],
  [
    'what a helper does not take',
    (a) => a.mov(r1, 1).mov(r2, 2).mov(r3, 3).call(Call.mapLookupElem).exit(),
    (a) => a.mov(r1, 1).mov(r2, 2).call(Call.mapLookupElem).exit(),
  ],
  [
    'what a loop keeps for itself alone',
    (a) =>
      a
        .mov(r6, 0)
        .label('again')
        .alu('add', r6, 1)
        .alu('sub', r1, 1)
        .jump('!=', r1, 0, 'again')
        .mov(r0, 0)
        .exit(),
    (a) => a.label('again').alu('sub', r1, 1).jump('!=', r1, 0, 'again').mov(r0, 0).exit(),
  ],
];
test.each(cases)('withoutDeadCode() leaves out %s', (_name, write, left) => {
  const assembler = () => new Assembler('filter', ProgramType.Xdp);
  expect(disassembleProgram(withoutDeadCode(write(assembler()).program()))).toEqual(
    disassembleProgram(left(assembler()).program()),
  );
});

const kept: [name: string, write: (a: Assembler) => Assembler][] = [
  ['what one way reads', (a) => a.mov(r0, 1).jump('==', r1, 0, 'out').mov(r0, 2).label('out').exit()],
  ['arguments of a call', (a) => a.mov(r1, 1).mov(r2, 2).call(Call.mapLookupElem).exit()],
  ['what a helper that it does not know may read', (a) => a.mov(r1, 1).mov(r5, 2).call(200).exit()],
  ['what is stored', (a) => a.mov(r2, 2).store('dw', r10, -8, r2).mov(r0, 0).exit()],
  ['what an atomic addition adds', (a) => a.mov(r2, 2).atomicAdd('dw', r10, -8, r2).mov(r0, 0).exit()],
];
test.each(kept)('withoutDeadCode() keeps %s', (_name, write) => {
  const program = write(new Assembler('filter', ProgramType.Xdp)).program();
  expect(withoutDeadCode(program)).toBe(program);
});
