import { expect, test } from '@jest/globals';
import { Assembler, Call, r0, r1, r2, r3, r4, r6, r9, r10 } from '../../src/bpf/asm.js';
import { disassembleProgram } from '../../src/bpf/disassemble.js';
import { ProgramType } from '../../src/bpf/program.js';
import { FILTER, VERDICT } from '../../src/filter/rewrite.js';
import { withoutCopies } from '../../src/filter/stack-copies.js';
import { withoutUnreadStores } from '../../src/filter/stack-use.js';

type Write = (a: Assembler) => Assembler;

/** What a back end makes: r9 points into the frame while the filter runs. */
const program = (write: Write) => {
  const a = new Assembler('filter', ProgramType.Xdp).label(FILTER);
  return write(a).label(VERDICT).exit().program();
};
const copy: Write = (a) => a.load('dw', r0, r9, 14).store('dw', r10, -8, r0);

const forwarded: [name: string, write: Write, instead: Write][] = [
  ['an octet of a copy', (a) => copy(a).load('b', r1, r10, -7), (a) => copy(a).load('b', r1, r9, 15)],
  [
    'through another pointer to the stack',
    (a) => copy(a).mov(r2, r10).alu('add', r2, -16).load('h', r1, r2, 14),
    (a) => copy(a).mov(r2, r10).alu('add', r2, -16).load('h', r1, r9, 20),
  ],
  [
    'a copy from a variable place',
    (a) =>
      a.mov(r2, r9).alu('add', r2, r6).load('w', r0, r2, 14).store('w', r10, -4, r0).load('h', r1, r10, -4),
    (a) =>
      a.mov(r2, r9).alu('add', r2, r6).load('w', r0, r2, 14).store('w', r10, -4, r0).load('h', r1, r2, 14),
  ],
  [
    'a number from the register that was stored',
    (a) => a.store('w', r10, -4, r6).load('w', r1, r10, -4),
    (a) => a.store('w', r10, -4, r6).alu32('mov', r1, r6),
  ],
];
test.each(forwarded)('withoutCopies() reads %s', (_name, write, instead) => {
  expect(disassembleProgram(withoutCopies(program(write), r9))).toEqual(disassembleProgram(program(instead)));
});

const left: [name: string, write: Write][] = [
  ['what was written since', (a) => copy(a).store('b', r10, -7, r6).load('h', r1, r10, -8)],
  ['what a constant was written to', (a) => copy(a).store('b', r10, -7, 0).load('b', r1, r10, -7)],
  ['what a helper may have written', (a) => copy(a).call(Call.getPrandomU32).load('b', r1, r10, -7)],
  ['what an unknown pointer may have written', (a) => copy(a).store('b', r3, 0, r6).load('b', r1, r10, -7)],
  ['what is partly of a copy', (a) => copy(a).load('w', r1, r10, -10)],
  ['where another way leads in', (a) => copy(a).label('in').load('b', r1, r10, -7).jump('==', r1, 0, 'in')],
  [
    'a copy from a place that is lost',
    (a) => a.mov(r2, r9).load('w', r0, r2, 14).store('w', r10, -4, r0).mov(r2, 0).load('h', r1, r10, -4),
  ],
  [
    'a copy of what may change, as of a map',
    (a) => a.load('w', r0, r6, 0).store('w', r10, -4, r0).mov(r0, 0).load('w', r1, r10, -4),
  ],
  ['a part of a number', (a) => a.store('w', r10, -4, r6).load('h', r1, r10, -4)],
  [
    'a number whose register was written',
    (a) => a.store('w', r10, -4, r6).alu('add', r6, 1).load('w', r1, r10, -4),
  ],
];
test.each(left)('withoutCopies() leaves %s', (_name, write) => {
  expect(disassembleProgram(withoutCopies(program(write), r9))).toEqual(disassembleProgram(program(write)));
});

const gone: [name: string, write: Write, instead: Write][] = [
  ['what nobody reads', (a) => a.store('dw', r10, -16, r6).store('w', r10, -8, 0), (a) => a],
  [
    'what lies below all that a helper is given',
    (a) => a.store('dw', r10, -16, r6).mov(r2, r10).alu('add', r2, -4).call(Call.mapLookupElem),
    (a) => a.mov(r2, r10).alu('add', r2, -4).call(Call.mapLookupElem),
  ],
];
test.each(gone)('withoutUnreadStores() leaves out %s', (_name, write, instead) => {
  expect(disassembleProgram(withoutUnreadStores(program(write)))).toEqual(
    disassembleProgram(program(instead)),
  );
});

const kept: [name: string, write: Write][] = [
  [
    'what one way reads',
    (a) => a.store('w', r10, -4, r6).jump('==', r6, 0, 'out').load('b', r1, r10, -1).label('out'),
  ],
  [
    'what a pointer reads that was another on another way',
    (a) =>
      a
        .store('w', r10, -4, r6)
        .mov(r2, r10)
        .jump('==', r6, 0, 'out')
        .alu('add', r2, -4)
        .label('out')
        .load('b', r1, r2, -1),
  ],
  [
    'what a helper is given',
    (a) => a.store('w', r10, -4, r6).mov(r2, r10).alu('add', r2, -8).call(Call.mapLookupElem),
  ],
  [
    'what a helper that is not known is given above',
    (a) => a.store('dw', r10, -16, r6).mov(r4, r10).alu('add', r4, -8).call(200),
  ],
  ['what a stored pointer leads to', (a) => a.store('w', r10, -4, r6).mov(r2, r10).store('dw', r3, 0, r2)],
  [
    'what a pointer with a variable may read',
    (a) => a.store('w', r10, -4, r6).mov(r2, r10).alu('add', r2, r3).load('b', r1, r2, 0),
  ],
  ['what an atomic operation adds to', (a) => a.store('dw', r10, -8, 0).atomicAdd('dw', r10, -8, r6)],
  ['what is not of the stack', (a) => a.store('w', r3, 0, r6)],
];
test.each(kept)('withoutUnreadStores() keeps %s', (_name, write) => {
  expect(disassembleProgram(withoutUnreadStores(program(write)))).toEqual(disassembleProgram(program(write)));
});
