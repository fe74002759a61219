// fifo(7): a name by which one process wakes another.
import { constants } from 'node:fs';
import { mkfifo, must, open } from './libc.js';

/** <fcntl.h>, of x86-64 and arm64; Node does not name it. */
const O_CLOEXEC = 0o2000000;

export const makeFifo = (path: string): void => void must(mkfifo(path, 0o600), `make FIFO "${path}"`);

/**
 * Opened for both directions, so that it neither waits for another end nor ends with it. By open(2): what `fs` opens in a thread Node closes by its
 * number when that ends, though libuv or close(2) has done so before, and the number is another file's by then.
 */
export const openFifo = (path: string): number =>
  must(open(path, constants.O_RDWR | constants.O_NONBLOCK | O_CLOEXEC), `open FIFO "${path}"`);
