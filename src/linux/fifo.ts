// fifo(7): a name by which one process wakes another.
import { constants, openSync } from 'node:fs';
import { mkfifo, must } from './libc.js';

export const makeFifo = (path: string): void => void must(mkfifo(path, 0o600), `make FIFO "${path}"`);

/** Opened for both directions, so that it neither waits for another end nor ends with it. */
export const openFifo = (path: string): number => openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
