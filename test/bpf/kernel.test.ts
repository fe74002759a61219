// What is assembled, run by the kernel: its verifier and interpreter say whether the octets mean what the method's name says.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Assembler, Call, r0, r1, r2, r10 } from '../../src/bpf/asm.js';
import { MapType, ProgramType } from '../../src/bpf/program.js';
import { EvlnetError } from '../../src/errors.js';
import { type BpfMap, createMap, loadProgram, testRun } from '../../src/linux/bpf.js';
import { describeIf } from '../capability.js';

const FRAME = new Uint8Array(64);

/** The 32 bits of r0 after the program that `write` makes. */
function result(write: (a: Assembler) => Assembler, maps = new Map<string, BpfMap>()): number {
  const program = loadProgram(write(new Assembler('evlnet_test', ProgramType.Xdp)).program(), maps);
  try {
    return testRun(program, FRAME).result;
  } finally {
    program.close();
  }
}

describeIf(['root', 'bpf'])('the kernel runs', () => {
  test.each<[line: string, write: (a: Assembler) => Assembler, want: number]>([
    ['add', (a) => a.mov(r0, 40).alu('add', r0, 2), 42],
    ['sub of a register', (a) => a.mov(r0, 40).mov(r1, 2).alu('sub', r0, r1), 38],
    ['mul', (a) => a.mov(r0, 6).alu('mul', r0, 7), 42],
    ['div', (a) => a.mov(r0, 43).alu('div', r0, 10), 4],
    ['mod', (a) => a.mov(r0, 43).alu('mod', r0, 10), 3],
    ['or', (a) => a.mov(r0, 0x50).alu('or', r0, 0x05), 0x55],
    ['and', (a) => a.mov(r0, 0xff).alu('and', r0, 0x3c), 0x3c],
    ['xor', (a) => a.mov(r0, 0xff).alu('xor', r0, 0x0f), 0xf0],
    ['lsh', (a) => a.mov(r0, 1).alu('lsh', r0, 12), 4096],
    ['rsh fills with zeros', (a) => a.mov(r0, -1).alu('rsh', r0, 60), 15],
    ['arsh fills with the sign', (a) => a.mov(r0, -64).alu('arsh', r0, 4), 0xffff_fffc],
    ['a negative number is 64 bits wide', (a) => a.mov(r0, -1).alu('rsh', r0, 32), 0xffff_ffff],
    ['alu32 clears the upper half', (a) => a.mov(r0, -1).alu32('mov', r0, 7).alu('rsh', r0, 32), 0],
    ['swap 16', (a) => a.mov(r0, 0x1_1234).swap(r0, 16), 0x3412],
    ['swap 32', (a) => a.mov(r0, 0x12345678).swap(r0, 32), 0x78563412],
    ['swap 64', (a) => a.mov(r0, 0x12).swap(r0, 64).alu('rsh', r0, 56), 0x12],
    [
      'stores of every size',
      (a) =>
        a
          .store('dw', r10, -8, -1)
          .store('w', r10, -8, 0x44332211)
          .mov(r1, 0xbbaa)
          .store('h', r10, -6, r1)
          .store('b', r10, -8, 0x99)
          .load('w', r0, r10, -8),
      0xbbaa2299,
    ],
    ['a load of 1 octet', (a) => a.store('dw', r10, -8, -2).load('b', r0, r10, -8), 0xfe],
    ['a load of 2 octets', (a) => a.store('dw', r10, -8, -2).load('h', r0, r10, -8), 0xfffe],
    [
      'a load of 8 octets',
      (a) => a.store('dw', r10, -8, -2).load('dw', r0, r10, -8).alu('rsh', r0, 36),
      0x0fff_ffff,
    ],
    [
      'an atomic add',
      (a) => a.store('dw', r10, -8, 40).mov(r1, 2).atomicAdd('dw', r10, -8, r1).load('dw', r0, r10, -8),
      42,
    ],
  ])('%s', (_line, write, want) => {
    expect(result((a) => write(a).exit()) >>> 0).toBe(want);
  });

  test.each<[condition: Parameters<Assembler['jump']>[0], taken: [number, number], not: [number, number]]>([
    ['==', [5, 5], [5, 6]],
    ['!=', [5, 6], [5, 5]],
    ['>', [-1, 5], [5, 5]],
    ['>=', [5, 5], [4, 5]],
    ['<', [4, 5], [-1, 5]],
    ['<=', [5, 5], [6, 5]],
    ['&', [6, 2], [4, 2]],
    ['s>', [5, -1], [-1, 5]],
    ['s>=', [-1, -1], [-2, -1]],
    ['s<', [-1, 5], [5, -1]],
    ['s<=', [-1, -1], [0, -1]],
  ])('a jump if %s', (condition, taken, not) => {
    for (const jump of ['jump', 'jump32'] as const)
      for (const [[left, right], want] of [
        [taken, 1],
        [not, 0],
      ] as const) {
        const branch = (a: Assembler, value: typeof r2 | number) =>
          a
            .mov(r0, 1)
            .mov(r1, left)
            .mov(r2, right)
            [jump](condition, r1, value, 'out')
            .mov(r0, 0)
            .label('out')
            .exit();
        expect(result((a) => branch(a, right))).toBe(want);
        expect(result((a) => branch(a, r2))).toBe(want);
      }
  });

  describe('maps', () => {
    const maps = new Map<string, BpfMap>();
    beforeEach(() => {
      const spec = { name: 'numbers', type: MapType.Array, keySize: 4, valueSize: 16, maxEntries: 1 };
      maps.set('numbers', createMap(spec));
      maps.get('numbers')!.update(
        0,
        Uint8Array.from({ length: 16 }, (_, i) => i + 1),
      );
    });
    afterEach(() => {
      for (const m of maps.values()) m.close();
    });

    test('mapValue() is the address of the value, offset included', () => {
      expect(result((a) => a.mapValue(r1, 'numbers', 8).load('b', r0, r1, 1).exit(), maps)).toBe(10);
    });

    test('map() serves the helpers', () => {
      const found = result(
        (a) =>
          a
            .store('w', r10, -4, 0)
            .map(r1, 'numbers')
            .mov(r2, r10)
            .alu('add', r2, -4)
            .call(Call.mapLookupElem)
            .jump('==', r0, 0, 'out')
            .load('h', r0, r0, 0)
            .label('out')
            .exit(),
        maps,
      );
      expect(found).toBe(0x0201);
    });
  });

  test("a refused program is shown with our comments in the verifier's log, and its last words in the message", () => {
    const spec = new Assembler('evlnet_bad', ProgramType.Xdp)
      .line('take the start of the frame')
      .load('w', r1, r1, 0)
      .line('read it without having looked where it ends')
      .load('b', r0, r1, 0)
      .line('never reached')
      .exit()
      .program();
    let error: unknown;
    try {
      loadProgram(spec);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(EvlnetError);
    const { code, message, cause } = error as EvlnetError;
    expect(code).toBe('EVL_VERIFIER');
    expect(message).toMatch(
      /^Cannot load BPF program "evlnet_bad": Permission denied \(EACCES\): .*\(\d+ lines omitted\)$/,
    );
    expect(message).toContain('R1 offset is outside of the packet');
    expect(cause).toContain('; take the start of the frame @ evlnet_bad.evlnet:1');
    expect(cause).toContain('; read it without having looked where it ends @ evlnet_bad.evlnet:2');
    expect(cause).not.toContain('never reached');
  });
});
