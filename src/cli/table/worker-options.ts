import type { OptionSpec } from '../spec.js';

/** What every command takes that is or becomes a worker. */
export const workerOptions: readonly OptionSpec[] = [
  {
    name: 'spin',
    value: '{ TURNS | always }',
    type: { choices: ['always'], integer: [0, 1_000_000_000] },
    default: 'about 50 µs of turns',
    about: 'empty turns before it sleeps; always is for a core of its own',
  },
  { name: 'cpu', value: 'LIST', about: 'CPUs for the out-of-band thread, such as 1-2' },
  {
    name: 'priority',
    letter: 'P',
    value: 'PRIORITY',
    type: { integer: [1, 99] },
    about: 'SCHED_FIFO priority; not with --spin always',
  },
];

export const WORKER_SYNOPSIS = '[ --spin { TURNS | always } ] [ --cpu LIST ] [ -P PRIORITY ]';
