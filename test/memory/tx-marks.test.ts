import { expect, test } from '@jest/globals';
import { createArena } from '../../src/memory/arena.js';
import { Batch } from '../../src/memory/batch.js';
import { TX_MARKS, TxMarks } from '../../src/memory/tx-marks.js';

const CHUNK = 2048;

function marks(chunks = 4) {
  const made = new TxMarks(createArena(chunks, CHUNK));
  const told: unknown[][] = [];
  made.sink = { sent: (...times) => told.push(times) };
  const queue = (nowNs: number, ...frames: number[]) => {
    const batch = new Batch(8);
    for (const at of frames) batch.push(at, 64, 0);
    made.queue(batch, nowNs);
  };
  return { made, told, queue };
}

test('times find a frame by its chunk, wherever it begins in there', () => {
  const { made, told, queue } = marks();
  made.add(CHUNK + 256, 'a', 0, 10);
  made.add(2 * CHUNK + 256, 'b', 1, 11);
  expect([made.count, made.underWay]).toEqual([2, 0]);
  queue(20, 256, CHUNK + 260, 2 * CHUNK + 256);
  expect(made.underWay).toBe(2);
  made.complete(2 * CHUNK, 30);
  made.complete(CHUNK + 260, 31);
  made.complete(CHUNK + 260, 32);
  expect(told).toEqual([
    ['b', 1, 11, 20, 30],
    ['a', 0, 10, 20, 31],
  ]);
  expect([made.count, made.underWay]).toEqual([0, 0]);
});

test('a frame that will not leave, or whose sender is gone, is told of to nobody', () => {
  const { made, told, queue } = marks();
  for (const [i, owner] of ['a', 'b', 'a'].entries()) made.add(i * CHUNK, owner, i, 10);
  queue(20, 0, CHUNK);
  made.remove(CHUNK);
  made.forget('a');
  for (let i = 0; i < 4; i++) made.complete(i * CHUNK, 30);
  expect([told, made.count, made.underWay]).toEqual([[], 0, 0]);
});

test('no more than TX_MARKS frames are followed, and each place is used again', () => {
  const { made, told, queue } = marks(TX_MARKS + 1);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < TX_MARKS; i++) expect(made.add(i * CHUNK, 'a', i, 1)).toBe(true);
    expect(made.add(TX_MARKS * CHUNK, 'a', TX_MARKS, 1)).toBe(false);
    for (let i = 0; i < TX_MARKS; i++) {
      queue(2, i * CHUNK);
      made.complete(i * CHUNK, 3);
    }
  }
  expect([told.length, made.count]).toEqual([2 * TX_MARKS, 0]);
});
