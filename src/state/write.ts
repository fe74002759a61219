import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Puts `text` in the place of `file`, mode 0644 whatever the umask: readers find the old content or the new, also after
 * a power failure (`syncFolder` says which). Only the holder of the lock may call it: the temporary name is always the
 * same, so that killed writers leave no litter. `isStill` is asked at the last moment; on no, nothing happens.
 */
export function replaceFile(file: string, text: string, isStill: () => boolean = () => true): boolean {
  const fresh = `${file}.new`;
  let isRenamed = false;
  try {
    writeDurably(fresh, text);
    if (!isStill()) return false;
    renameSync(fresh, file);
    isRenamed = true;
    return true;
  } finally {
    if (!isRenamed) rmSync(fresh, { force: true });
  }
}

/**
 * Makes `backup` another name of what is now `file`, whose next content will be a file of its own: durable without a
 * second fsync, which is most of the cost of a change. Where the kernel refuses the link, a copy of `text`.
 */
export function keepAs(backup: string, file: string, text: string): void {
  const fresh = `${backup}.new`;
  rmSync(fresh, { force: true });
  try {
    linkSync(file, fresh);
  } catch {
    // EPERM: fs.protected_hardlinks, for the file of another user in a folder of ours.
    replaceFile(backup, text);
    return;
  }
  renameSync(fresh, backup);
  // rename(2) does nothing when both are the same file already: a writer was killed right here.
  rmSync(fresh, { force: true });
}

/** Makes the names in the folder of `file` last: fsync(2) of a file does not cover its entry there. */
export function syncFolder(file: string): void {
  const fd = openSync(dirname(file), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** `file` free of symbolic links, its folder made: rename(2) would replace a link, and two names want one lock. */
export function writablePath(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  try {
    return realpathSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // There is no such file yet; there may be a link that says where it shall be.
  const folder = realpathSync(dirname(file));
  const target = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()
    ? readlinkSync(file)
    : undefined;
  return target === undefined ? join(folder, basename(file)) : writablePath(resolve(folder, target));
}

function writeDurably(file: string, text: string): void {
  const fd = openSync(file, 'w', 0o644);
  try {
    fchmodSync(fd, 0o644);
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
