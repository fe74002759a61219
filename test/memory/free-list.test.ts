import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createArena } from '../../src/memory/arena.js';
import { Batch } from '../../src/memory/batch.js';
import { FreeList } from '../../src/memory/free-list.js';

test('a new list has every chunk of the arena once, in order of address', () => {
  const free = new FreeList(createArena(8, 2048));
  expect(free.count).toBe(8);
  expect(Array.from({ length: 8 }, () => free.take())).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((n) => n * 2048));
  expect(free.count).toBe(0);
});

test('the chunk given last is taken first', () => {
  const free = new FreeList(createArena(8, 2048));
  const [a, b] = [free.take(), free.take()];
  free.give(a);
  free.give(b);
  expect([free.take(), free.take()]).toEqual([b, a]);
});

test('whatever is taken and given, no chunk is lost or there twice', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 100 }), (steps) => {
      const free = new FreeList(createArena(16, 64));
      const held: number[] = [];
      for (const takes of steps)
        if (takes && free.count > 0) held.push(free.take());
        else if (!takes && held.length > 0) free.give(held.shift()!);
      expect(free.count + held.length).toBe(16);
      while (free.count > 0) held.push(free.take());
      expect(held.sort((x, y) => x - y)).toEqual(Array.from({ length: 16 }, (_, n) => n * 64));
    }),
  );
});

test('an arena is one memory seen in two ways, cut into chunks', () => {
  const arena = createArena(4, 2048);
  arena.view.setUint16(3000, 0x1234);
  expect([...arena.octets.subarray(3000, 3002)]).toEqual([0x12, 0x34]);
  expect([arena.chunks, arena.chunkSize, arena.buffer.byteLength]).toEqual([4, 2048, 8192]);
});

test('a batch keeps frames in order up to its capacity', () => {
  const batch = new Batch(3);
  batch.push(4096, 60, 1);
  batch.push(0xffff_f000, 1514, 65535);
  expect([batch.count, batch.capacity]).toEqual([2, 3]);
  expect([...batch.at].slice(0, 2)).toEqual([4096, 0xffff_f000]);
  expect([...batch.length].slice(0, 2)).toEqual([60, 1514]);
  expect([...batch.queue].slice(0, 2)).toEqual([1, 65535]);
});
