import { expect, test } from '@jest/globals';
import { type Assembler, Call, r0, r1, r2, r3, r6 } from '../../../src/bpf/asm.js';
import { type MapSpec, MapType } from '../../../src/bpf/program.js';
import { Field } from '../../../src/filter/context.js';
import { loadUntouched } from '../../../src/filter/untouched.js';
import { WasmFilter } from '../../../src/filter/wasm/filter.js';
import { testRun } from '../../../src/linux/bpf.js';
import { buildFrame } from '../../build-frame.js';
import { describeIf } from '../../capability.js';
import { assembled, type Filter } from '../assembled.js';

const programs: MapSpec = {
  name: 'programs',
  type: MapType.ProgArray,
  keySize: 4,
  valueSize: 4,
  maxEntries: 4,
  slots: new Map([
    [0, 'by_length'],
    [1, 'round'],
  ]),
};

/** Goes to the program at `index`; 1 where nobody took over. */
const goTo = (a: Assembler, index: number) =>
  a.mov(r6, r1).map(r2, 'programs').mov(r3, index).call(Call.tailCall).mov(r0, 1).exit();
const entry = (index: number): Filter => {
  const filter = assembled('bpf_netrx', (a) => goTo(a, index), [programs]);
  const others = [
    assembled('by_length', (a) => a.load('w', r0, r1, Field.len).exit()),
    // Goes to itself until the kernel has had enough, and counts in cb[]: its tail call falls through then.
    assembled('round', (a) =>
      a
        .mov(r6, r1)
        .load('w', r0, r1, Field.cb)
        .alu('add', r0, 1)
        .store('w', r1, Field.cb, r0)
        .map(r2, 'programs')
        .mov(r3, 1)
        .call(Call.tailCall)
        .load('w', r0, r6, Field.cb)
        .exit(),
    ),
  ];
  return {
    ...filter,
    object: { ...filter.object, programs: [filter.program, ...others.map((o) => o.program)] },
  };
};

const frame = buildFrame({ ipv4: {}, udp: {}, payload: new Uint8Array(8) });
const inWasm = ({ object, program }: Filter) =>
  WasmFilter.create(object, program).judge(new DataView(frame.buffer), 0, frame.length);

test.each([
  ['to a program that is there', 0, frame.length - 14],
  ['to itself: 33 times', 1, 33],
  ['to an empty place', 2, 1],
  ['behind the last place', 9, 1],
])('a tail call %s', (_what, index, wanted) => {
  expect(inWasm(entry(index))).toBe(wanted);
});

describeIf(['root', 'bpf'])('a tail call goes where the kernel goes', () => {
  test.each([0, 1, 2, 9])('from entry %i', (index) => {
    const filter = entry(index);
    const loaded = loadUntouched(filter.object, filter.program);
    try {
      expect(inWasm(filter)).toBe(testRun(loaded.program, frame).result);
    } finally {
      loaded.close();
    }
  });
});
