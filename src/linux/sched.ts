// Where and how urgently the calling thread runs: sched_setaffinity(2), sched(7).
import { EvlnetError, usage } from '../errors.js';
import {
  Errno,
  errno,
  must,
  schedGetaffinity,
  schedSetaffinity,
  schedSetscheduler,
  systemError,
} from './libc.js';
import { map } from './memory.js';

const CALLING_THREAD = 0;
const SCHED_FIFO = 1;
// Programs this thread starts do not inherit its priority.
const SCHED_RESET_ON_FORK = 0x40000000;
// NR_CPUS is at most 8192 (x86-64, MAXSMP).
const MAX_CPU = 8191;
const MASK_LENGTH = (MAX_CPU + 1) / 8;

const memory = map(4096);
const mask = new Uint8Array(memory.buffer, 0, MASK_LENGTH);

/** Binds the calling thread to `cpus`. Changes nothing and throws EVL_CPU where one is not there or not allowed. */
export function setAffinity(cpus: readonly number[]): void {
  const act = `run on CPU ${cpus.join(',')}`;
  const before = affinity();
  writeAffinity(cpus, act);
  // The kernel takes a set of which it can use only a part; who asked for two CPUs should not silently get one.
  const now = affinity();
  const missing = cpus.filter((cpu) => !now.includes(cpu));
  if (missing.length === 0) return;
  writeAffinity(before, act);
  throw new EvlnetError(
    'EVL_CPU',
    `Cannot ${act}: CPU ${missing.join(',')} is not online or not allowed`,
    CPU_HINT,
  );
}

/** The CPUs that the calling thread may run on. */
export function affinity(): number[] {
  mask.fill(0);
  must(schedGetaffinity(CALLING_THREAD, MASK_LENGTH, memory.address), 'read the CPU affinity');
  const cpus: number[] = [];
  for (let cpu = 0; cpu <= MAX_CPU; cpu++) if (mask[cpu >> 3]! & (1 << (cpu & 7))) cpus.push(cpu);
  return cpus;
}

/** Real-time priority 1 to 99 (SCHED_FIFO) for the calling thread: it runs before everything that has none. */
export function setFifo(priority: number): void {
  memory.view.setInt32(0, priority, true);
  if (schedSetscheduler(CALLING_THREAD, SCHED_FIFO | SCHED_RESET_ON_FORK, memory.address) === 0) return;
  const n = errno();
  const act = `set real-time priority ${priority}`;
  if (n === Errno.EPERM)
    throw systemError(act, n, { hint: 'grant CAP_SYS_NICE, or raise RLIMIT_RTPRIO (ulimit -r)' });
  if (n === Errno.EINVAL) throw systemError(act, n, { hint: 'priorities are 1 to 99' });
  throw systemError(act, n);
}

/** `0-1,3` as [0, 1, 3], ascending and without repeats. Throws EVL_CPU_LIST. */
export function parseCpuList(text: string): number[] {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || last === undefined) throw wrong(text, 'not a list of CPUs');
    const [from, to] = [Number(first), Number(last)];
    if (to < from) throw wrong(text, 'range is backwards');
    if (to > MAX_CPU) throw wrong(text, `CPU ${to} is beyond ${MAX_CPU}`);
    for (let cpu = from; cpu <= to; cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

const CPU_HINT = { hint: 'lscpu shows the CPUs; taskset and cgroups limit them' };

function writeAffinity(cpus: readonly number[], act: string): void {
  mask.fill(0);
  for (const cpu of cpus) mask[cpu >> 3]! |= 1 << (cpu & 7);
  if (schedSetaffinity(CALLING_THREAD, MASK_LENGTH, memory.address) === 0) return;
  const n = errno();
  throw systemError(act, n, n === Errno.EINVAL ? { code: 'EVL_CPU', ...CPU_HINT } : {});
}

const wrong = (text: string, reason: string) =>
  usage('EVL_CPU_LIST', `argument ${JSON.stringify(text)} is wrong: ${reason}`, 'write it as 0-1,3');

/** Keeps this process off the CPUs that were given to somebody else, where there are others. */
export function leaveTo(cpus: readonly number[]): void {
  const others = affinity().filter((cpu) => !cpus.includes(cpu));
  if (others.length > 0) setAffinity(others);
}
