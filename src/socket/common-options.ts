import { MAX_BUFFER } from '../worker/socket-request.js';
import { badArgument, badSize } from './errors.js';

/** What UDP and packet sockets are made with. */
export interface CommonOptions {
  /** Octets of the buffers, 67108864 at most; default, and for 0, 212992 each. */
  readonly recvBufferSize?: number;
  readonly sendBufferSize?: number;
  /**
   * SO_BUSY_POLL: microseconds, 0 to 1000000, for which the program looks for more after something came, before it sleeps; default 0. Answers come
   * sooner, and the CPU is not idle meanwhile; what else the program does waits 20 microseconds at most. Not of a
   * socket with `unref()`, which keeps no program.
   */
  readonly busyPoll?: number;
  /** Closes the socket. */
  readonly signal?: AbortSignal;
  /** State file; default as for the command line. */
  readonly state?: string;
}

const MAX_BUSY_POLL = 1_000_000;

export function checkOptions({ signal, busyPoll, recvBufferSize, sendBufferSize }: CommonOptions): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw badArgument('options.signal', 'an AbortSignal');
  if (busyPoll !== undefined && !isWithin(busyPoll, MAX_BUSY_POLL))
    throw badArgument('options.busyPoll', `a number of microseconds from 0 to ${MAX_BUSY_POLL}`);
  for (const [name, size] of Object.entries({ recvBufferSize, sendBufferSize })) {
    if (size === undefined) continue;
    if (typeof size !== 'number') throw badArgument(`options.${name}`, 'a number');
    if (!isWithin(size, MAX_BUFFER)) throw badSize(`options.${name}`, MAX_BUFFER);
  }
}

const isWithin = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= most;
