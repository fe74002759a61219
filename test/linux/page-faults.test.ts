import { expect, test } from '@jest/globals';
import { MAP_POPULATE, map, unmap } from '../../src/linux/memory.js';
import { ownThread, pageFaults } from '../../src/linux/page-faults.js';

const PAGE = 4096;
const PAGES = 4096;
const minor = () => pageFaults(ownThread())!.minor;

/** Page faults of touching each page of memory once. */
function touching(flags: number): number {
  const memory = map(PAGES * PAGE, flags);
  const before = minor();
  for (let at = 0; at < memory.length; at += PAGE) memory.view.setUint8(at, 1);
  const faults = minor() - before;
  unmap(memory);
  return faults;
}

test('pageFaults() counts those of a thread; memory that was populated has none to come', () => {
  // Huge pages may make fewer of them.
  const plain = touching(0);
  expect(plain).toBeGreaterThanOrEqual(PAGES / 512);
  expect(touching(MAP_POPULATE)).toBeLessThan(plain);
});

test('pageFaults() of nobody is undefined', () => {
  expect(pageFaults(0)).toBeUndefined();
});
