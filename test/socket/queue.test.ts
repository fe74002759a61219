import { expect, test } from '@jest/globals';
import { Queue } from '../../src/socket/queue.js';

test('is an array with push, shift and splice(0)', () => {
  const queue = new Queue<number>();
  let array: number[] = [];
  // Grows, shrinks to nothing, is emptied: by a sequence that visits every mixture.
  for (let i = 0; i < 3000; i++) {
    const act = (i * 7919) % 100;
    if (act < (i % 1000 < 500 ? 70 : 30)) {
      queue.push(i);
      array.push(i);
    } else expect(queue.shift()).toBe(array.shift());
    if (i % 1499 === 0) {
      expect(queue.empty()).toEqual(array);
      array = [];
    }
    expect([queue.length, queue.first]).toEqual([array.length, array[0]]);
  }
});
