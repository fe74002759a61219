import { checkPriority } from '../configuration/options.js';
import type { WorkerState } from '../state/schema.js';
import type { Arguments } from './arguments.js';

/** What --spin, --cpu and -P say; what they do not say comes from `recorded`. */
export function workerArguments(given: Arguments, recorded: WorkerState | undefined) {
  const text = given.text('spin');
  const spin = text === undefined ? recorded?.spin : text === 'always' ? ('always' as const) : Number(text);
  const cpu = given.text('cpu') ?? recorded?.cpu;
  const priority = given.number('priority') ?? recorded?.priority;
  checkPriority(priority, spin);
  return { spin, cpu, priority };
}
