// What a test can do about the machine it runs on being busy with other things.
import { readFileSync } from 'node:fs';
import { until } from './stand.js';

const TRIES = 3;
const PATIENCE_MS = 20_000;
/** So long a process has had nothing to do, but for what is counted as one tick (10 ms) at most. */
const IDLE_MS = 300;

/** The least of up to three measurements in ms, as what else runs may delay one of them; the first that is no more than `enough` will do. */
export async function quickest(enough: number, measure: () => Promise<number>): Promise<number> {
  let least = await measure();
  for (let tries = 1; tries < TRIES && least > enough; tries++) least = Math.min(least, await measure());
  return least;
}

/** Resolves once the process, whose start nothing else tells the end of, has got idle. */
export async function idle(pid: number): Promise<void> {
  let ticks = cpuTicks(pid);
  let since = Date.now();
  const isIdle = () => {
    const now = cpuTicks(pid);
    if (now > ticks + 1) [ticks, since] = [now, Date.now()];
    return Date.now() - since >= IDLE_MS;
  };
  await until(isIdle, PATIENCE_MS, `process ${pid} is idle`);
}

/** CPU time that a process with all its threads has used, in its own name. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return Number(user) + Number(system);
}
