// Maps as a program sees them, held to the kernel's: the same calls, the same answers.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Assembler, Call, r0, r1, r2, r3, r4, r6, r7, r8, r10 } from '../../../src/bpf/asm.js';
import { type MapSpec, MapType } from '../../../src/bpf/program.js';
import { WasmFilter } from '../../../src/filter/wasm/filter.js';
import { affinity, setAffinity } from '../../../src/linux/sched.js';
import { buildFrame } from '../../build-frame.js';
import { describeIf } from '../../capability.js';
import { assembled, type Filter } from '../assembled.js';
import { Loaded } from '../kernel-oracle.js';

// A value a CPU is one value only while the kernel's runs stay on one.
const cpus = affinity();
beforeAll(() => setAffinity(cpus.slice(0, 1)));
afterAll(() => setAffinity(cpus));

const NO_PREALLOC = 1;
const CALLS = 3000;
const spec = (type: number, keySize: number, valueSize: number, maxEntries: number, flags = 0): MapSpec => ({
  name: 'entries',
  type,
  keySize,
  valueSize,
  maxEntries,
  flags,
});

const Operation = { lookup: 0, update: 1, delete: 2 } as const;
const EMPTY = 1000;

/** Octets of the packet: operation, flags, key, value. r0 is what the helper answers; of a look-up the first octet of the value, or EMPTY. */
function caller(map: MapSpec): Filter {
  const key = -8 - 8 * Math.ceil(map.keySize / 8);
  const value = key - 8 * Math.ceil(map.valueSize / 8);
  const load = (a: Assembler, offset: number, at: number, length: number) =>
    a.mov(r1, r6).mov(r2, offset).mov(r3, r10).alu('add', r3, at).mov(r4, length).call(Call.skbLoadBytes);
  const pointers = (a: Assembler) =>
    a.map(r1, map.name).mov(r2, r10).alu('add', r2, key).mov(r3, r10).alu('add', r3, value).mov(r4, r8);
  return assembled(
    'calls',
    (a) => {
      a.mov(r6, r1);
      load(a, 0, -8, 2);
      load(a, 2, key, map.keySize);
      load(a, 2 + map.keySize, value, map.valueSize);
      a.load('b', r7, r10, -8).load('b', r8, r10, -7);
      a.jump('==', r7, Operation.update, 'update').jump('==', r7, Operation.delete, 'delete');
      pointers(a).call(Call.mapLookupElem).jump('==', r0, 0, 'none').load('b', r0, r0, 0).exit();
      a.label('none').mov(r0, EMPTY).exit();
      pointers(a.label('update')).call(Call.mapUpdateElem).exit();
      return pointers(a.label('delete')).call(Call.mapDeleteElem).exit();
    },
    [map],
  );
}

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 0x19660d) + 0x3c6ef35f) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Frames that make a caller do something, with keys from a few, so that they meet again. */
function* requests(
  map: MapSpec,
  makeKey: (next: (below: number) => number) => Uint8Array,
): Generator<Uint8Array> {
  const next = random(map.type * 100 + map.keySize);
  for (let n = 0; n < CALLS; n++) {
    const operation = [Operation.lookup, Operation.update, Operation.update, Operation.delete][next(4)]!;
    const flags = operation === Operation.update ? [0, 0, 0, 1, 2, 3, 9][next(7)]! : 0;
    const value = Uint8Array.from({ length: map.valueSize }, () => next(256));
    yield buildFrame({
      ethertype: 0x88b5,
      payload: Uint8Array.of(operation, flags, ...makeKey(next), ...value),
    });
  }
}

const judge = (wasm: WasmFilter, frame: Uint8Array) =>
  wasm.judge(new DataView(frame.buffer), 0, frame.length);
/** Only the first octets differ, or only the last, so that all of it must be compared. */
const fewKeys = (size: number) => (next: (below: number) => number) => {
  const key = new Uint8Array(size).fill(7);
  key[next(2) === 0 ? 0 : size - 1] = next(12);
  return key;
};
const index = (next: (below: number) => number) =>
  new Uint8Array(Uint32Array.of(next(20) === 0 ? 2 ** 31 : next(14)).buffer);
const prefix = (size: number) => (next: (below: number) => number) =>
  Uint8Array.of(
    next(size * 8 + 3),
    0,
    0,
    next(30) === 0 ? 1 : 0,
    ...Array.from({ length: size }, () => [0, 0x0a, 0x80, 0xff][next(4)]!),
  );

describeIf(['root', 'bpf'])('as in the kernel:', () => {
  test.each<[what: string, map: MapSpec, makeKey: (next: (below: number) => number) => Uint8Array]>([
    ['ARRAY', spec(MapType.Array, 4, 12, 10), index],
    ['PERCPU_ARRAY', spec(MapType.PercpuArray, 4, 8, 10), index],
    ['HASH of 4 octets', spec(MapType.Hash, 4, 8, 10), fewKeys(4)],
    ['HASH of 1 octet', spec(MapType.Hash, 1, 1, 4), fewKeys(1)],
    ['HASH of 6 octets', spec(MapType.Hash, 6, 3, 10), fewKeys(6)],
    ['HASH of 16 octets, full for long', spec(MapType.Hash, 16, 8, 3), fewKeys(16)],
    ['HASH of 100 octets', spec(MapType.Hash, 100, 8, 10), fewKeys(100)],
    ['HASH without memory set aside', spec(MapType.Hash, 8, 8, 10, NO_PREALLOC), fewKeys(8)],
    ['PERCPU_HASH', spec(MapType.PercpuHash, 4, 8, 10), fewKeys(4)],
    ['LPM_TRIE of 4 octets', spec(MapType.LpmTrie, 8, 8, 12, NO_PREALLOC), prefix(4)],
    ['LPM_TRIE of 3 octets', spec(MapType.LpmTrie, 7, 4, 300, NO_PREALLOC), prefix(3)],
  ])('%s', (_what, map, makeKey) => {
    const filter = caller(map);
    const wasm = WasmFilter.create(filter.object, filter.program);
    const kernel = new Loaded(filter, filter.program);
    try {
      let call = 0;
      const seen = new Set<number>();
      for (const frame of requests(map, makeKey)) {
        const wanted = kernel.judge(frame);
        const answer = judge(wasm, frame);
        if (answer !== wanted)
          throw new Error(
            `call ${call}: ${answer | 0} instead of ${wanted | 0}: ${Buffer.from(frame).toString('hex')}`,
          );
        seen.add(wanted | 0);
        call++;
      }
      expect(seen.size).toBeGreaterThan(4);
      expect(wasm.fault).toBeUndefined();
    } finally {
      kernel.close();
    }
  });
});

test('LRU_HASH always has room, and keeps what is looked at', () => {
  const filter = caller(spec(MapType.LruHash, 4, 8, 8));
  const wasm = WasmFilter.create(filter.object, filter.program);
  const call = (operation: number, key: number) =>
    judge(
      wasm,
      buildFrame({
        ethertype: 0x88b5,
        payload: Uint8Array.of(operation, 0, key, 0, 0, 0, ...new Uint8Array(8).fill(key)),
      }),
    );
  for (let key = 1; key < 200; key++) {
    expect(call(Operation.update, key)).toBe(0);
    expect(call(Operation.lookup, 1)).toBe(1);
  }
  expect([...wasm.maps.get('entries')!.keys()]).toHaveLength(8);
});
