import { describe, expect, test } from '@jest/globals';
import { Assembler, Call, type Register, r0, r1, r2, r3, r6, r7, r10 } from '../../src/bpf/asm.js';
import { Pseudo } from '../../src/bpf/instruction.js';
import { type ProgramSpec, ProgramType } from '../../src/bpf/program.js';
import { analyse } from '../../src/filter/analysis/analyse.js';
import { Field } from '../../src/filter/context.js';

const filter = (write: (a: Assembler) => Assembler, ...functions: string[]): ProgramSpec => {
  const program = write(new Assembler('filter', ProgramType.SocketFilter)).program();
  const at = (name: string) => ({ name, at: program.labels.get(name)!, isGlobal: false });
  return functions.length === 0
    ? program
    : { ...program, functions: [{ name: 'filter', at: 0, isGlobal: false }, ...functions.map(at)] };
};
const call = (a: Assembler, target: string) =>
  a.append({ opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 0, target });
const address = (a: Assembler, dst: Register, target: string) =>
  a.append({ opcode: 0x18, dst: dst.number, src: Pseudo.Function, offset: 0, imm: 0, target });
const fieldsOf = (program: ProgramSpec) => [...analyse(program).fields].sort((x, y) => x - y);

describe('analyse() finds the fields that are read', () => {
  test('through registers, copies and spills', () => {
    const program = filter((a) =>
      a
        .mov(r6, r1)
        .store('dw', r10, -8, r6)
        .load('w', r0, r6, Field.len)
        .load('dw', r7, r10, -8)
        .load('b', r2, r7, Field.protocol + 1)
        .store('w', r7, Field.cb + 4, r2)
        .exit(),
    );
    expect(fieldsOf(program)).toEqual([Field.len, Field.protocol, Field.cb + 4]);
  });

  test('on one way of two, and in a loop', () => {
    const program = filter((a) =>
      a
        .mov(r6, r1)
        .mov(r7, 0)
        .jump('==', r7, 0, 'behind')
        .mov(r6, 0)
        .label('behind')
        .load('w', r2, r6, Field.hash)
        .alu('add', r7, 1)
        .jump('<', r7, 5, 'behind')
        .mov(r0, 0)
        .exit(),
    );
    expect(fieldsOf(program)).toEqual([Field.hash]);
  });

  test('in a function that is given the context', () => {
    const program = filter(
      (a) => call(a.mov(r2, 1), 'inner').exit().label('inner').load('w', r0, r1, Field.mark).exit(),
      'inner',
    );
    expect(fieldsOf(program)).toEqual([Field.mark]);
    expect(analyse(program).contextEscapes).toBe(false);
  });

  test('in a callback that is given a structure with the context in it', () => {
    const program = filter((a) => {
      a.store('dw', r10, -8, r1).mov(r3, r10).alu('add', r3, -16).mov(r1, 5);
      address(a, r2, 'back').call(181).mov(r0, 0).exit();
      return a.label('back').load('dw', r1, r2, 8).load('w', r0, r1, Field.priority).exit();
    }, 'back');
    expect(fieldsOf(program)).toEqual([Field.priority]);
    expect(analyse(program).contextEscapes).toBe(false);
  });

  test('or says that it cannot: a function stores the context in its caller', () => {
    const program = filter((a) => {
      a.mov(r2, r10).alu('add', r2, -8);
      call(a, 'keep').mov(r0, 0).exit();
      return a.label('keep').store('dw', r2, 0, r1).mov(r0, 0).exit();
    }, 'keep');
    expect(analyse(program).contextEscapes).toBe(true);
  });
});

test('analyse() measures the stack of each function', () => {
  const program = filter((a) => {
    a.store('b', r10, -9, 1).mov(r1, r10).alu('add', r1, -100);
    call(a, 'inner').exit();
    return a.label('inner').store('w', r10, -4, 0).mov(r0, 0).exit();
  }, 'inner');
  expect(analyse(program).functions.map(({ name, stack }) => [name, stack])).toEqual([
    ['filter', 104],
    ['inner', 8],
  ]);
});

test('analyse() knows the arguments of a call, unless two ways bring different ones', () => {
  const program = filter((a) =>
    a
      .mov(r2, 14)
      .mov(r3, r10)
      .alu('add', r3, -16)
      .mov(r6, 4)
      .jump('!=', r1, 0, 'call')
      .mov(r6, 8)
      .label('call')
      .call(Call.skbLoadBytes)
      .exit(),
  );
  const registers = analyse(program).registers(6)!;
  expect(registers[1]).toEqual({ kind: 'context', offset: 0, isCertain: true });
  expect(registers[2]).toEqual({ kind: 'constant', value: 14 });
  expect(registers[3]).toEqual({ kind: 'frame', offset: -16 });
  expect(registers[6]).toEqual({ kind: 'unknown' });
});

test('analyse() forgets constants that a call, or a store to somewhere, may have overwritten', () => {
  const program = filter((a) =>
    a
      .mov(r6, r1)
      .store('dw', r10, -8, 5)
      .mov(r2, r10)
      .load('w', r7, r6, 0)
      .alu('sub', r2, r7)
      .store('b', r2, 0, 1)
      .load('dw', r2, r10, -8)
      .call(5)
      .exit(),
  );
  expect(analyse(program).registers(7)![2]).toEqual({ kind: 'unknown' });
});
