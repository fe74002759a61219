// Object files that are damaged, foreign or made to do harm: every one is read, or refused in words.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { programTypes } from '../../src/bpf/btf-writer.js';
import { disassembleProgram } from '../../src/bpf/disassemble.js';
import { readObject } from '../../src/bpf/object.js';
import { encode } from '../../src/bpf/program.js';
import { EvlnetError } from '../../src/errors.js';

const objects = ['objects', '../../examples/filters'].flatMap((name) => {
  const folder = new URL(`${name}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.o'))
    .map((file) => Uint8Array.from(readFileSync(new URL(file, folder))));
});
const sound = Uint8Array.from(readFileSync(new URL('objects/functions.o', import.meta.url)));

/** Numbers below `limit`, always the same (xorshift32). */
function numbers(seed: number): (limit: number) => number {
  let x = seed;
  return (limit) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % limit;
  };
}

const WORDS = [0, 1, 7, 8, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];

/** A few octets or words other than they were, the end gone, or a part in another's place. */
function damage(octets: Uint8Array, below: (limit: number) => number): Uint8Array {
  const damaged = octets.slice(0, below(16) === 0 ? below(octets.length) : octets.length);
  if (damaged.length < 4) return damaged;
  const view = new DataView(damaged.buffer);
  for (let n = below(3); n >= 0; n--) {
    const at = below(damaged.length - 3);
    switch (below(4)) {
      case 0:
        damaged[at] = below(256);
        break;
      case 1:
        view.setUint32(at & ~3, WORDS[below(WORDS.length)]!, true);
        break;
      case 2:
        view.setUint32(at & ~3, below(damaged.length), true);
        break;
      default: {
        const from = below(damaged.length);
        damaged.copyWithin(at, from, from + below(64));
      }
    }
  }
  return damaged;
}

/** Reads, and uses what was read; the error if it is refused. */
function use(octets: Uint8Array): EvlnetError | undefined {
  try {
    const { programs, maps } = readObject(octets, 'x.o');
    const descriptors = new Map([...maps.keys()].map((name) => [name, 3]));
    for (const program of programs) {
      encode(program, descriptors);
      programTypes(program);
      disassembleProgram(program);
    }
    return undefined;
  } catch (error) {
    if (error instanceof EvlnetError && error.code === 'EVL_OBJECT_FILE') return error;
    throw error;
  }
}

test('2,000 damaged files are read or refused, none with anything but its own error', () => {
  const below = numbers(20_261_127);
  let refused = 0;
  for (let n = 0; n < 2000; n++) if (use(damage(objects[n % objects.length]!, below))) refused++;
  expect(refused).toBeGreaterThan(500);
  expect(refused).toBeLessThan(1500);
});

test('a file cut short anywhere is refused', () => {
  for (let length = 0; length < sound.length; length += 3)
    expect(use(sound.subarray(0, length))).toBeDefined();
});

/** functions.o with one number of its ELF header changed. */
const header = (at: number, value: number) => {
  const octets = Uint8Array.from(sound);
  new DataView(octets.buffer).setUint16(at, value, true);
  return octets;
};

describe('is refused with what it is:', () => {
  test.each<[what: string, octets: Uint8Array, message: string]>([
    ['nothing', new Uint8Array(0), 'it is not an ELF object file'],
    [
      'a text',
      new TextEncoder().encode('#include <linux/bpf.h>\n'.repeat(9)),
      'it is not an ELF object file',
    ],
    ['an ELF header alone', sound.subarray(0, 60), 'it is truncated: 60 octets'],
    [
      'the first half',
      sound.subarray(0, sound.length >> 1),
      'it is truncated: its section table ends at octet',
    ],
    ['x86', header(18, 62), 'it is for x86-64, not for eBPF'],
    ['an unknown machine', header(18, 999), 'it is for ELF machine 999, not for eBPF'],
    ['32 bits', header(4, 0x0101), 'it is a 32-bit object file'],
    ['big-endian', header(4, 0x0202), 'it is for big-endian machines'],
    ['an executable', header(16, 2), 'it is not a relocatable object file (ELF type 2)'],
    ['without sections', header(60, 0), 'it has no section table'],
  ])('%s', (_what, octets, message) => {
    const error = use(octets);
    expect(error?.message).toContain(`Cannot read "x.o": ${message}`);
  });
});

/** An object with one of its sections called otherwise: as if it were not there. */
function without(file: string, section: string): Uint8Array {
  const octets = Buffer.from(readFileSync(new URL(`objects/${file}`, import.meta.url)));
  const table = Number(octets.readBigUInt64LE(40));
  const at = (index: number) => table + index * 64;
  const names = Number(octets.readBigUInt64LE(at(octets.readUInt16LE(62)) + 24));
  for (let index = 0; index < octets.readUInt16LE(60); index++) {
    const name = names + octets.readUInt32LE(at(index));
    if (octets.toString('latin1', name, octets.indexOf(0, name)) === section)
      octets.writeUInt32LE(0, at(index));
  }
  return octets;
}

test('maps in ".maps" without types say what is missing', () => {
  const error = use(without('maps.o', '.BTF'));
  expect(error?.message).toBe(
    'Cannot read "x.o": its maps are in section ".maps", which needs BTF, and it has none',
  );
  expect(error?.hint).toContain('-g');
});

test('without types, functions and older maps are read all the same', () => {
  expect(use(without('functions.o', '.BTF'))).toBeUndefined();
  expect(use(without('legacy.o', '.BTF'))).toBeUndefined();
});

test('a stripped file says how to strip', () => {
  const octets = Uint8Array.from(sound);
  const view = new DataView(octets.buffer);
  for (let at = Number(view.getBigUint64(40, true)); at < octets.length; at += 64)
    if (view.getUint32(at + 4, true) === 2) view.setUint32(at + 4, 0, true);
  const error = use(octets);
  expect(error?.message).toBe('Cannot read "x.o": it has no symbol table: it was stripped');
  expect(error?.hint).toContain('llvm-strip -g');
});

test('.bss of a terabyte is refused before memory is taken for it', () => {
  const octets = Uint8Array.from(readFileSync(new URL('objects/globals.o', import.meta.url)));
  const view = new DataView(octets.buffer);
  const table = Number(view.getBigUint64(40, true));
  for (let at = table; at < octets.length; at += 64)
    if (view.getUint32(at + 4, true) === 8) view.setBigUint64(at + 32, 1n << 40n, true);
  expect(use(octets)?.message).toContain('its global variables take 1099511627820 octets');
});
