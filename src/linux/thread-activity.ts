// What a thread does at the moment, by proc_pid_stat(5) and Documentation/scheduler/sched-stats.rst.
import { readFileSync } from 'node:fs';

export interface ThreadActivity {
  /** It runs, or waits for a processor. */
  readonly isReady: boolean;
  /** How long it has had a processor since it began. */
  readonly ranNs: number;
}

/** Of a thread; undefined where it cannot be seen. */
export function threadActivity(thread: number): ThreadActivity | undefined {
  try {
    const stat = readFileSync(`/proc/${thread}/stat`, 'latin1');
    const ranNs = Number.parseInt(readFileSync(`/proc/${thread}/schedstat`, 'latin1'), 10);
    // Field 2, the command, may hold spaces and parentheses itself; the state is field 3.
    return { isReady: stat[stat.lastIndexOf(')') + 2] === 'R', ranNs };
  } catch {
    return undefined;
  }
}
