import { readFileSync } from 'node:fs';

/** What tells a process from any other that had, has or will have its number. */
export interface ProcessIdentity {
  /** As /proc shows it, which in a container may differ from `process.pid`. */
  pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  startTime: number;
  /** /proc/sys/kernel/random/boot_id */
  bootId: string;
}

interface ProcessStat {
  pid: number;
  state: string;
  startTime: number;
}

let own: ProcessIdentity | undefined;

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  if (own === undefined) {
    const stat = readStat('self');
    if (stat === undefined) throw new Error('/proc/self/stat is not readable: is /proc mounted?');
    own = { pid: stat.pid, startTime: stat.startTime, bootId: bootId() };
  }
  return { ...own };
}

/**
 * Whether that very process still runs. False is for good: a number used again has another start time, and a zombie
 * does nothing any more. A process of another PID namespace cannot be seen and counts as dead.
 */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const stat = readStat(identity.pid);
  if (stat === undefined) return isHidden(identity.pid);
  // proc_pid_stat(5): Z zombie, X and x dead.
  return stat.startTime === identity.startTime && !'ZXx'.includes(stat.state);
}

/** `value` as an identity, or nothing if it is not one. */
export function asIdentity(value: unknown): ProcessIdentity | undefined {
  const { pid, startTime, bootId } = (value ?? {}) as Partial<ProcessIdentity>;
  const isIdentity =
    Number.isSafeInteger(pid) && pid! > 0 && Number.isSafeInteger(startTime) && typeof bootId === 'string';
  return isIdentity ? { pid: pid!, startTime: startTime!, bootId: bootId! } : undefined;
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

function readStat(pid: number | 'self'): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // Field 2, the command, stands in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number.parseInt(text, 10), state: fields[0]!, startTime: Number(fields[19]) };
}

// With hidepid=2, /proc has no folder for processes of other users, but kill(2) still knows them.
function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
