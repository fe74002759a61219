import { closeSync, openSync } from 'node:fs';
import { ftruncate, must } from '../linux/libc.js';
import { type Mapping, mapFile } from '../linux/memory.js';
import { PAGE_LENGTH } from '../memory/counters.js';

/** Maps the counters page of a worker: a new one, all zero, or the one that is there. */
export function mapCounters(file: string, which: 'new' | 'present'): Mapping {
  const fd = openSync(file, which === 'new' ? 'w+' : 'r+', 0o644);
  try {
    if (which === 'new') must(ftruncate(fd, PAGE_LENGTH), `make room for the counters in "${file}"`);
    return mapFile(fd, PAGE_LENGTH);
  } finally {
    closeSync(fd);
  }
}
