import { usage } from '../errors.js';
import type { WorkerState } from '../state/schema.js';
import type { Arguments } from './arguments.js';

/** What --spin, --cpu and -P say; what they do not say comes from `recorded`. */
export function workerArguments(given: Arguments, recorded: WorkerState | undefined) {
  const text = given.text('spin');
  const spin = text === undefined ? recorded?.spin : text === 'always' ? ('always' as const) : Number(text);
  const cpu = given.text('cpu') ?? recorded?.cpu;
  const priority = given.number('priority') ?? recorded?.priority;
  if (priority !== undefined && spin === 'always')
    throw usage(
      'EVL_PRIORITY_SPIN',
      'Cannot use -P with --spin always: the kernel stops a SCHED_FIFO thread that never sleeps for 50 ms each second',
      'leave out --spin, or give it a number of turns',
    );
  return { spin, cpu, priority };
}
