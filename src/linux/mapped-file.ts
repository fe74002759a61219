import { closeSync, openSync, rmSync } from 'node:fs';
import { Errno, errno, fallocate, ftruncate, must, systemError } from './libc.js';
import { MAP_POPULATE, MAP_SHARED, type Mapping, mapFile } from './memory.js';

/** Maps a new file of `length` zeroed octets, for our user alone, with all its pages there. Where it fails there is no file. */
export function mapNewFile(file: string, length: number): Mapping {
  const fd = openSync(file, 'wx+', 0o600);
  try {
    makeRoom(fd, file, length);
    return mapFile(fd, length, 0, MAP_SHARED | MAP_POPULATE);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Now: a page that a full file system has no room for later is SIGBUS for whoever touches it. */
function makeRoom(fd: number, file: string, length: number): void {
  let why: number;
  // tmpfs lets a signal interrupt it.
  do {
    if (fallocate(fd, 0, 0, length) === 0) return;
    why = errno();
  } while (why === Errno.EINTR);
  const act = `make room for ${length} octets in "${file}"`;
  if (why !== Errno.EOPNOTSUPP) throw systemError(act, why);
  must(ftruncate(fd, length), act);
}

export function mapPresentFile(file: string, length: number): Mapping {
  const fd = openSync(file, 'r+');
  try {
    return mapFile(fd, length, 0, MAP_SHARED | MAP_POPULATE);
  } finally {
    closeSync(fd);
  }
}
