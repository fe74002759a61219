// Programs that no verifier would let through: each ends, is told of, and leaves the process and the next frame alone.
import { describe, expect, test } from '@jest/globals';
import { Call } from '../../../src/bpf/asm.js';
import { CALL, Class, type Instruction, Pseudo } from '../../../src/bpf/instruction.js';
import { MapType, type ProgramSpec, ProgramType } from '../../../src/bpf/program.js';
import { checkInstructions } from '../../../src/bpf/strict.js';
import { EvlnetError } from '../../../src/errors.js';
import { WasmFilter } from '../../../src/filter/wasm/filter.js';
import { Fault } from '../../../src/filter/wasm/imports.js';
import { assembleConformance } from '../../bpf/conformance-assembler.js';
import { buildFrame } from '../../build-frame.js';
import { objectOf } from './run-program.js';

const SKIP = 2;
const frame = buildFrame({ ipv4: {}, udp: {} });
const view = new DataView(frame.buffer, frame.byteOffset, frame.length);

const MAPS = new Map([
  [
    '.rodata',
    { name: '.rodata', type: MapType.Array, keySize: 4, valueSize: 8, maxEntries: 1, isReadOnly: true },
  ],
]);
const create = (program: ProgramSpec, budget = 1_000_000) =>
  WasmFilter.create({ ...objectOf(program), maps: MAPS }, { ...program, section: 'socket' }, { budget });
const filter = (text: string) => create(assembleConformance(text));

test.each<[what: string, reason: Fault, text: string]>([
  ['an endless loop', Fault.Budget, 'again: \n mov %r0, 1 \n ja again'],
  ['a loop that ends too late', Fault.Budget, 'again: \n add %r0, 1 \n jlt %r0, 2000000000, again \n exit'],
  [
    'an endless loop with two entries',
    Fault.Budget,
    'ldxw %r1, [%r1+0] \n jeq %r1, 0, second \n first: \n add %r0, 1 \n ja second \n second: \n add %r0, 2 \n ja first',
  ],
  ['NULL read', Fault.Address, 'mov %r1, 0 \n ldxdw %r0, [%r1+0] \n exit'],
  ['NULL written', Fault.Address, 'mov %r1, 0 \n stdw [%r1+8], 1 \n exit'],
  [
    'an address with bits above the memory',
    Fault.Address,
    'lddw %r2, 0x100000000 \n add %r2, %r10 \n ldxb %r0, [%r2-1] \n exit',
  ],
  ['an address far away', Fault.Address, 'lddw %r2, 0x7fffffffffffffff \n ldxdw %r0, [%r2+32767] \n exit'],
  ['an address below zero', Fault.Address, 'mov %r2, -8 \n ldxdw %r0, [%r2+0] \n exit'],
  ['the octet behind the last', Fault.Address, 'mov %r2, 0x7fff \n lsh %r2, 8 \n ldxb %r0, [%r2+0] \n exit'],
  [
    'a stack that is too deep',
    Fault.Address,
    'mov %r3, 4600 \n mov %r2, %r10 \n sub %r2, %r3 \n stdw [%r2+0], 1 \n exit',
  ],
  ['a filter that calls itself', Fault.Depth, 'start: \n call local start \n exit'],
  ['a function that calls itself', Fault.Depth, 'call local f \n exit \n f: \n call local f \n exit'],
  [
    'functions that call each other',
    Fault.Depth,
    'call local f \n exit \n f: \n call local g \n exit \n g: \n call local f \n exit',
  ],
  [
    'a tree of calls',
    Fault.Budget,
    ['a', 'b', 'c', 'd', 'e', 'f']
      .map((name, n, all) => `${name}: \n ${`call local ${all[n + 1] ?? 'end'} \n`.repeat(60)} exit \n`)
      .reduce((text, part) => text + part, 'call local a \n exit \n')
      .concat('end: \n exit'),
  ],
  ['a copy of more than there is', Fault.Address, copy('lddw %r4, 0xffffffff', 'mov %r3, %r10')],
  ['a copy to NULL', Fault.Address, copy('mov %r4, 4', 'mov %r3, 0')],
  ['a long copy beyond the end', Fault.Address, copy('ldxw %r4, [%r1+0] \n add %r4, 50000', 'mov %r3, %r10')],
])('%s stops the filter', (_what, reason, text) => {
  const wasm = filter(text);
  expect(wasm.judge(view, 0, frame.length)).toBe(SKIP);
  expect(wasm.fault).toMatchObject({ reason });
  expect(wasm.fault!.text).toMatch(/^instruction \d+: filter "entry" (ran|used|called) /);
  expect(wasm.judge(view, 0, frame.length)).toBe(SKIP);
  expect(wasm.faults).toBe(2);
});

function copy(length: string, to: string): string {
  return `${length} \n ${to} \n mov %r2, 0 \n call ${Call.skbLoadBytes} \n exit`;
}

const callback = (text: string, rounds: number) => {
  const program = assembleConformance(
    `mov %r1, ${rounds} \n lddw %r2, 0 \n mov %r3, 0 \n mov %r4, 0 \n call 181 \n exit \n ${text}`,
  );
  const instructions = program.instructions.map(
    (i): Instruction => (i.opcode === (Class.LD | 0x18) ? { ...i, src: Pseudo.Function, target: 'f' } : i),
  );
  const at = program.labels.get('f')!;
  return {
    ...program,
    instructions,
    functions: [program.functions![0]!, { name: 'f', at, isGlobal: false }],
  };
};

test('a bpf_loop() of eight million rounds stops the filter', () => {
  const wasm = create(callback('f: \n mov %r0, 0 \n exit', 1 << 23));
  expect(wasm.judge(view, 0, frame.length)).toBe(SKIP);
  expect(wasm.fault).toMatchObject({ reason: Fault.Budget });
});

test('what is read only cannot be written', () => {
  const program = assembleConformance(
    'lddw %r1, 0 \n ldxdw %r2, [%r1+0] \n mov %r0, 1 \n stdw [%r1+0], 1 \n exit',
  );
  const [first, ...others] = program.instructions;
  const wasm = create({
    ...program,
    instructions: [{ ...first!, src: Pseudo.MapValue, map: '.rodata' }, ...others],
  });
  expect(wasm.judge(view, 0, frame.length)).toBe(SKIP);
  expect(wasm.fault).toMatchObject({ reason: Fault.Address, instruction: 3 });
});

test('a batch goes on behind the frame at which the filter was stopped', () => {
  // NULL is read where the frame is no IPv4.
  const wasm = filter(
    'ldxw %r2, [%r1+16] \n mov %r0, 1 \n jeq %r2, 8, exit \n mov %r1, 0 \n ldxw %r0, [%r1+0] \n exit',
  );
  const arp = buildFrame({ arp: {} });
  const batch = wasm.reserve(4 * 64, 4);
  [frame, arp, arp, frame].forEach((octets, n) => {
    batch.octets.set(octets, n * 64);
    batch.index.set([n * 64, octets.length], n * 2);
  });
  wasm.judgeAll();
  expect([...batch.results]).toEqual([1, SKIP, SKIP, 1]);
  expect(wasm.faults).toBe(2);
});

const branches = (count: number) =>
  `ldxw %r2, [%r1+0] \n mov %r0, 0 \n ${'jeq %r2, 0, exit \n add %r0, 1 \n'.repeat(count)} exit`;

describe('WasmFilter.create() refuses', () => {
  const call = (text: string) => () => filter(text);
  test.each<[what: string, code: string, make: () => unknown]>([
    ['a program that runs past its end', 'EVL_BPF_INVALID', call('mov %r0, 1')],
    ['a jump behind the last instruction', 'EVL_BPF_INVALID', call('ja end \n exit \n end:')],
    ['a write of r10', 'EVL_BPF_INVALID', call('mov %r10, 1 \n exit')],
    ['skb->data', 'EVL_FILTER_UNSUPPORTED', call('ldxw %r0, [%r1+76] \n exit')],
    ['a write of skb->len', 'EVL_FILTER_UNSUPPORTED', call('stxw [%r1+0], %r2 \n exit')],
    ['a helper that is not known', 'EVL_FILTER_UNSUPPORTED', call('call 9999 \n exit')],
    ['a map that is none', 'EVL_FILTER_UNSUPPORTED', call('mov %r1, 1 \n call 1 \n exit')],
    ['a callback that is none', 'EVL_FILTER_UNSUPPORTED', call('mov %r2, 1 \n call 181 \n exit')],
    ['the empty program', 'EVL_BPF_INVALID', call('')],
    [
      'more instructions than a compiler takes',
      'EVL_FILTER_UNSUPPORTED',
      call(`${'mov %r0, 1 \n'.repeat(40_000)} exit`),
    ],
    ['more branches than a compiler takes', 'EVL_FILTER_UNSUPPORTED', call(branches(5000))],
  ])('%s', (_what, code, make) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});

describe('control flow of any shape', () => {
  // Both ways of writing it must count the same: as loops and blocks, and as one loop over all blocks.
  test('4,000 branches, one in the other', () => {
    expect(filter(branches(4000)).judge(view, 0, frame.length)).toBe(4000);
  });

  test('a loop with two entries', () => {
    // From the second entry: 10, 9 … 1 are added up.
    const wasm = filter(
      'ldxw %r2, [%r1+16] \n mov %r0, 0 \n mov %r3, 10 \n jeq %r2, 8, second \n first: \n sub %r3, 1 \n jeq %r3, 0, exit \n second: \n add %r0, %r3 \n ja first \n exit',
    );
    expect(wasm.judge(view, 0, frame.length)).toBe(55);
  });

  test('loops in loops', () => {
    const wasm = filter(
      'mov %r0, 0 \n mov %r2, 7 \n outer: \n mov %r3, 5 \n inner: \n add %r0, 1 \n sub %r3, 1 \n jne %r3, 0, inner \n sub %r2, 1 \n jne %r2, 0, outer \n exit',
    );
    expect(wasm.judge(view, 0, frame.length)).toBe(35);
  });

  test('a branch whose two ways are one', () => {
    const wasm = filter('mov %r0, 1 \n jeq %r0, 1, +0 \n add %r0, 1 \n exit');
    expect(wasm.judge(view, 0, frame.length)).toBe(2);
  });
});

test('noise is refused or ends', () => {
  let state = 7;
  const next = (below: number) => {
    state = (Math.imul(state, 0x19660d) + 0x3c6ef35f) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  // One opcode in a hundred may be any, so that most programs are right as far as anybody can see.
  const known = Array.from({ length: 256 }, (_, n) => n).filter((opcode) => isKnown(opcode, next));
  let ran = 0;
  for (let round = 0; round < 1000; round++) {
    const count = 2 + next(24);
    const instructions = Array.from({ length: count }, (_, n) =>
      noise(next(100) === 0 ? next(256) : known[next(known.length)]!, count, n, next),
    );
    const program: ProgramSpec = {
      name: 'noise',
      type: ProgramType.SocketFilter,
      instructions: [...instructions, { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 }],
      labels: new Map(Array.from({ length: count + 1 }, (_, n) => [`at ${n}`, n])),
      license: 'GPL',
    };
    try {
      const wasm = create(program, 10_000);
      for (let n = 0; n < 3; n++) wasm.judge(view, 0, frame.length);
      ran++;
    } catch (error) {
      expect(error).toBeInstanceOf(EvlnetError);
    }
  }
  expect(ran).toBeGreaterThan(500);
});

function isKnown(opcode: number, next: (below: number) => number): boolean {
  const instructions = [noise(opcode, 1, 0, next), { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 }];
  const labels = new Map([
    ['at 0', 0],
    ['at 1', 1],
  ]);
  try {
    checkInstructions({ name: 'one', type: ProgramType.SocketFilter, instructions, labels, license: 'GPL' });
    return true;
  } catch {
    return false;
  }
}

/** An instruction with the fields that its opcode wants, most of the time. */
function noise(opcode: number, count: number, n: number, next: (below: number) => number): Instruction {
  const group = opcode & 7;
  const isMemory = group === Class.LDX || group === Class.ST || group === Class.STX;
  const isJump = group === Class.JMP || group === Class.JMP32;
  const isRegister = (opcode & 8) !== 0 && !isMemory;
  const imm = [0, 1, 2, 16, 32, 64, 26, 68, 181, -1][next(10)]!;
  const target = `at ${next(4) === 0 ? next(count) : Math.min(count, n + 1 + next(5))}`;
  if (opcode === 0x95 || opcode === 0x05 || opcode === 0x06)
    return { opcode, dst: 0, src: 0, offset: 0, imm: 0, ...(opcode === 0x95 ? {} : { target }) };
  if (opcode === (Class.JMP | CALL))
    return next(2) === 0
      ? { opcode, dst: 0, src: 0, offset: 0, imm: [1, 5, 7, 26, 68, 181][next(6)]! }
      : { opcode, dst: 0, src: 1, offset: 0, imm: 0, target };
  return {
    opcode,
    dst: group === Class.LD ? (opcode === 0x18 ? next(10) : 0) : next(10),
    src:
      group === Class.LD
        ? (opcode & 0xe0) === 0x40
          ? next(10)
          : 0
        : isRegister || (group >= 1 && isMemory && group !== Class.ST)
          ? next(11)
          : 0,
    offset: isMemory ? -8 * next(70) : 0,
    imm: isRegister || (isMemory && group !== Class.ST) ? 0 : imm,
    ...(isJump ? { target } : {}),
  };
}
