import { closeSync, openSync } from 'node:fs';
import { ftruncate, must } from './libc.js';
import { MAP_POPULATE, MAP_SHARED, type Mapping, mapFile } from './memory.js';

/** Maps a new file of `length` zeroed octets, for our user alone, with all its pages there. */
export function mapNewFile(file: string, length: number): Mapping {
  const fd = openSync(file, 'wx+', 0o600);
  try {
    must(ftruncate(fd, length), `make room for ${length} octets in "${file}"`);
    return mapFile(fd, length, 0, MAP_SHARED | MAP_POPULATE);
  } finally {
    closeSync(fd);
  }
}

export function mapPresentFile(file: string, length: number): Mapping {
  const fd = openSync(file, 'r+');
  try {
    return mapFile(fd, length, 0, MAP_SHARED | MAP_POPULATE);
  } finally {
    closeSync(fd);
  }
}
