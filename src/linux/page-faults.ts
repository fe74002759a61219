// Page faults of one thread, by proc_pid_stat(5): in a thread that must not wait each of them is a wait.
import { readFileSync, readlinkSync } from 'node:fs';

export interface PageFaults {
  /** Served from memory. */
  readonly minor: number;
  /** That waited for a disk. */
  readonly major: number;
}

/** Number of the calling thread, as /proc has it; 0 where that does not tell. */
export function ownThread(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0;
  }
}

/** Counts those of a thread from now on: the function returned tells them, undefined where /proc does not. */
export function countPageFaults(thread: number): () => PageFaults | undefined {
  const first = pageFaults(thread);
  return () => {
    const now = pageFaults(thread);
    if (first === undefined || now === undefined) return undefined;
    return { minor: now.minor - first.minor, major: now.major - first.major };
  };
}

/** Of a thread since it began; undefined where it cannot be seen. */
export function pageFaults(thread: number): PageFaults | undefined {
  try {
    const text = readFileSync(`/proc/${thread}/task/${thread}/stat`, 'latin1');
    // Field 2, the command, may hold spaces and parentheses itself; minflt is field 10, majflt field 12.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { minor: Number(fields[7]), major: Number(fields[9]) };
  } catch {
    return undefined;
  }
}
