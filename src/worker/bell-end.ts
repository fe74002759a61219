import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFifo, openFifo } from '../linux/fifo.js';
import { close } from '../linux/libc.js';
import { mapNewFile } from '../linux/mapped-file.js';
import { unmap } from '../linux/memory.js';
import { BELL_LENGTH } from '../memory/bell.js';
import type { BellPlace } from './shared.js';

/** The worker's end of what applications ring. */
export interface BellEnd extends BellPlace {
  /** Of the mapping in this process. */
  readonly address: number;
  /** Of the FIFO: a wait for it ends when it is written to. */
  readonly wakeFd: number;
  /** Twice is once. */
  close(): void;
}

/** Makes both files in a run folder that is ours. */
export function makeBell(folder: string): BellEnd {
  const file = join(folder, 'bell');
  const wake = join(folder, 'wake');
  for (const each of [file, wake]) rmSync(each, { force: true });
  const mapping = mapNewFile(file, BELL_LENGTH);
  makeFifo(wake);
  const wakeFd = openFifo(wake);
  let isClosed = false;
  return {
    file,
    wake,
    address: mapping.address,
    wakeFd,
    close() {
      if (isClosed) return;
      isClosed = true;
      close(wakeFd);
      unmap(mapping);
    },
  };
}
