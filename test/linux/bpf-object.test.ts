// The objects of test/bpf/objects, loaded and run by the kernel as they are.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { type ObjectSpec, readObject } from '../../src/bpf/object.js';
import { type MapSpec, MapType } from '../../src/bpf/program.js';
import {
  type BpfMap,
  createMap,
  createMaps,
  fillSlots,
  loadProgram,
  type Program,
  testRun,
} from '../../src/linux/bpf.js';
import { describeIf } from '../capability.js';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const o of open.splice(0)) o.close();
});
const keep = <T extends { close(): void }>(it: T): T => {
  open.push(it);
  return it;
};

interface Loaded {
  readonly spec: ObjectSpec;
  readonly maps: Map<string, BpfMap>;
  readonly programs: Map<string, Program>;
}

function load(name: string): Loaded {
  const spec = readObject(readFileSync(new URL(`../bpf/objects/${name}.o`, import.meta.url)), `${name}.o`);
  const maps = createMaps(spec.maps);
  for (const m of maps.values()) keep(m);
  const programs = new Map(spec.programs.map((p) => [p.name, keep(loadProgram(p, maps))]));
  return { spec, maps, programs };
}

const ETHERNET = '02000000000102000000000208004500';
/** UDP from 10.0.0.1 to 10.0.0.2, port 5000. */
const UDP = hex(`${ETHERNET}002400010000401166c80a0000010a00000203e813880010000068656c6c6f212121`);
function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
const u32 = (octets: Uint8Array, at = 0) =>
  new DataView(octets.buffer, octets.byteOffset).getUint32(at, true);

describeIf(['root', 'bpf'])('an object', () => {
  test('runs with its maps: hash with a key of a struct, static array, per-CPU array', () => {
    const { maps, programs } = load('maps');
    const run = () => testRun(programs.get('bpf_netrx')!, UDP).result;
    expect(run()).toBe(3);
    const key = hex('0a00000100001100');
    maps.get('allowed')!.update(key, new Uint8Array(8));
    expect(run()).toBe(1);
    expect(maps.get('allowed')!.lookup(key)).toEqual(hex('0100000000000000'));
    maps.get('hidden')!.update(1, new Uint8Array(24).fill(1));
    expect(run()).toBe(0);
    // The first octets of each value are a counter of 8 octets.
    const totals = maps.get('totals')!.lookup(1);
    expect(totals.length % 16).toBe(0);
    const view = new DataView(totals.buffer);
    let sum = 0;
    for (let at = 0; at < totals.length; at += 16) sum += Number(view.getBigUint64(at, true));
    expect(sum).toBe(3 * (UDP.length - 14));
  });

  test('runs with the older maps', () => {
    const { maps, programs } = load('legacy');
    maps.get('second')!.update(hex('0800'), hex('01000000'));
    expect(testRun(programs.get('legacy')!, UDP).result).toBe(1);
    expect(u32(maps.get('first')!.lookup(0))).toBe(1);
  });

  test('runs with functions, static, global, weak, hidden and called back', () => {
    const { programs } = load('functions');
    expect(testRun(programs.get('by_protocol')!, UDP).result).toBe(1);
    const sum = UDP.subarray(14, 34).reduce((a, b) => a + b);
    expect(testRun(programs.get('by_sum')!, UDP).result).toBe(sum & 3);
    expect(testRun(programs.get('by_length')!, UDP).result).toBe(1);
    // The kernel knows what its parameter is by a tag on it alone.
    expect(testRun(programs.get('by_any')!, UDP).result).toBe(1);
    expect(testRun(programs.get('all')!, UDP).result).toBe(2);
  });

  test('runs with its global variables, of which constants cannot be written', () => {
    const { maps, programs } = load('globals');
    expect(testRun(programs.get('bpf_netrx')!, UDP).result).toBe(1);
    expect(u32(maps.get('.bss')!.lookup(0))).toBe(1);
    expect(u32(maps.get('.data.quota')!.lookup(0), 8)).toBe(29);
    expect(u32(maps.get('.data')!.lookup(0))).toBe(1000);
    expect(() => maps.get('.rodata')!.update(0, new Uint8Array(28))).toThrow(
      'Cannot update entry 0 of BPF map ".rodata": Operation not permitted (EPERM)',
    );
  });

  test('runs with maps and programs in its maps', () => {
    const { maps, programs } = load('nested-maps');
    const run = () => testRun(programs.get('bpf_netrx')!, UDP).result;
    expect(run()).toBe(0);
    fillSlots(maps.get('programs')!, programs);
    expect(run()).toBe(1);
    maps.get(UDP.length & 1 ? 'first' : 'second')!.update(1, hex('01000000'));
    expect(run()).toBe(3);
  });

  test('calls functions of the kernel', () => {
    expect(testRun(load('kfunc').programs.get('bpf_netrx')!, UDP).result).toBe(2);
  });

  test('is shown by the verifier in its lines', () => {
    const { programs } = load('core');
    expect(testRun(programs.get('bpf_netrx')!, UDP).result).toBe(1);
    const spec = readObject(readFileSync(new URL('../bpf/objects/maps.o', import.meta.url)), 'maps.o');
    const [program] = spec.programs;
    // Without the look whether the entry is there.
    const instructions = program!.instructions.filter((i) => i.opcode !== 0x15);
    const maps = createMaps(spec.maps);
    for (const m of maps.values()) keep(m);
    expect(() => loadProgram({ ...program!, instructions, labels: program!.labels }, maps)).toThrow(
      "R0 invalid mem access 'map_value_or_null'",
    );
  });
});

describeIf(['root', 'bpf'])('a map', () => {
  const spec: MapSpec = { name: 'names', type: MapType.Hash, keySize: 12, valueSize: 3, maxEntries: 10 };
  const key = (n: number) => new Uint8Array(12).fill(n);

  test('has keys of any length, which can be listed, looked for and deleted', () => {
    const map = keep(createMap(spec));
    for (const n of [1, 2, 3]) map.update(key(n), Uint8Array.of(n, n, n));
    map.delete(key(2));
    map.delete(key(2));
    expect(
      map
        .keys()
        .map((k) => k[11])
        .sort(),
    ).toEqual([1, 3]);
    expect(map.find(key(2))).toBeUndefined();
    expect(map.find(key(3))).toEqual(Uint8Array.of(3, 3, 3));
    expect(() => map.lookup(key(2))).toThrow(
      'Cannot read entry 020202020202020202020202 of BPF map "names": No such',
    );
    expect(() => map.lookup(new Uint8Array(4))).toThrow('A key of BPF map "names" has 12 octets, not 4');
  });

  test('has values of any size, and a name that the kernel takes', () => {
    const large = keep(
      createMap({ ...spec, name: '.bss/large-one', type: MapType.Array, keySize: 4, valueSize: 1 << 20 }),
    );
    const value = Uint8Array.from({ length: 1 << 20 }, (_, i) => i % 251);
    large.update(9, value);
    expect(Buffer.compare(large.lookup(9), value)).toBe(0);
  });

  test('that cannot be made leaves none of the others open', () => {
    const specs = new Map([
      ['good', { ...spec, name: 'good' }],
      ['bad', { ...spec, name: 'bad', type: 9999 }],
    ]);
    expect(() => createMaps(specs)).toThrow('Cannot create BPF map "bad": Invalid argument (EINVAL)');
  });
});
