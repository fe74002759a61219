// The file of an object filter: read whole, and known again by its SHA-256.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { EvlnetError } from '../errors.js';
import { namingErrors } from '../linux/file-error.js';
import type { ObjectSource } from './source.js';

/** Objects have some KiB; what is far larger is not one, and is not read. */
const MAX_LENGTH = 16 * 1024 * 1024;

export interface ObjectFile {
  readonly octets: Uint8Array;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Throws EVL_FILE, EVL_PERMISSION, naming the file. */
export function readObjectFile(path: string): ObjectFile {
  const octets = namingErrors('read filter', path, 'name an object file that clang made', () => {
    const stat = statSync(path);
    // Reading a FIFO would wait for ever.
    if (!stat.isFile()) throw notObject(path, 'it is not a regular file');
    if (stat.size > MAX_LENGTH) throw notObject(path, `it has more than ${MAX_LENGTH} octets`);
    return readFileSync(path);
  });
  return { octets, sha256: createHash('sha256').update(octets).digest('hex') };
}

/** The file that was recorded, octet for octet; throws EVL_FILTER_CHANGED where it is another one by now. */
export function readRecorded({ object, sha256 }: ObjectSource): ObjectFile {
  const file = readObjectFile(object);
  if (sha256 === undefined || sha256 === file.sha256) return file;
  throw new EvlnetError(
    'EVL_FILTER_CHANGED',
    `Cannot use filter "${object}": the file is not the one that was set (its SHA-256 differs)`,
    { hint: 'set the filter again, or put the file back' },
  );
}

const notObject = (path: string, reason: string) =>
  new EvlnetError('EVL_FILE', `Cannot read filter "${path}": ${reason}`, {
    hint: 'name an object file that clang made',
  });
