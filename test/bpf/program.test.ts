import { expect, test } from '@jest/globals';
import { Assembler, r0, r1 } from '../../src/bpf/asm.js';
import { encode, type ProgramSpec, ProgramType } from '../../src/bpf/program.js';

const assembler = () => new Assembler('test', ProgramType.Xdp);

test('a wide immediate keeps its sign in the upper half', () => {
  const wide = (imm: number): ProgramSpec => ({
    ...assembler().program(),
    instructions: [{ opcode: 0x18, dst: 1, src: 0, offset: 0, imm }],
  });
  const hex = (imm: number) => Buffer.from(encode(wide(imm))).toString('hex');
  expect(hex(5)).toBe('18010000 05000000 00000000 00000000'.replaceAll(' ', ''));
  expect(hex(-2)).toBe('18010000 feffffff 00000000 ffffffff'.replaceAll(' ', ''));
});

test('a map that is not given is named', () => {
  expect(() => encode(assembler().map(r1, 'vlans').program())).toThrow(
    'Cannot assemble "test": map "vlans" is not given',
  );
});

test('a label that is not there is named, also in a program from elsewhere', () => {
  const spec = { ...assembler().label('a').goto('a').program(), labels: new Map<string, number>() };
  expect(() => encode(spec)).toThrow('Cannot assemble "test": label "a" is not defined');
});

test('a label may stand behind the last instruction', () => {
  const octets = encode(assembler().goto('end').mov(r0, 0).mov(r0, 0).label('end').program());
  expect(new DataView(octets.buffer).getInt16(2, true)).toBe(2);
});

test('a jump reaches 32,767 instructions and no further', () => {
  const far = (count: number) => {
    const a = assembler().goto('end');
    for (let i = 0; i < count; i++) a.mov(r0, 0);
    return a.label('end').exit().program();
  };
  const view = new DataView(encode(far(32_767)).buffer);
  expect(view.getInt16(2, true)).toBe(32_767);
  expect(() => encode(far(32_768))).toThrow('Cannot assemble "test": label "end" is too far');
});
