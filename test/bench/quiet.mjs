// Numbers of a shared machine: wait until others are quiet, see what they did meanwhile, and say so.
import { readFileSync } from 'node:fs';
import { cpuTicks, pause } from './process.mjs';

const TICK_MS = 10;
const WINDOW_MS = 250;
/** Per cent of one CPU. */
export const QUIET = 10;
const TRIES = 3;

/** Time of processes on all CPUs, in ticks: user, nice, system, steal. Interrupts are left out: they are the traffic's. */
function busyTicks() {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
  return fields[0] + fields[1] + fields[2] + fields[7];
}

const sample = (ours) => ({
  at: performance.now(),
  foreign: busyTicks() - ours.reduce((sum, pid) => sum + cpuTicks(pid), 0),
});

/** What processes not ours used since `before`, in per cent of one CPU. */
function others(before, ours) {
  const now = sample(ours);
  return Math.max(0, Math.round(((now.foreign - before.foreign) * TICK_MS * 100) / (now.at - before.at)));
}

/** @param patienceMs how long the whole bench may wait for others, in all */
export function quietMachine(patienceMs) {
  let patience = patienceMs;

  async function wait(ours) {
    while (patience > 0) {
      const before = sample(ours);
      await pause(WINDOW_MS);
      if (others(before, ours) <= QUIET) return;
      patience -= WINDOW_MS;
    }
  }

  /** Runs `measure` when others are quiet, again when they were not meanwhile; `ours`: pids of programs under test. */
  return async function quietly(ours, measure) {
    const pids = [process.pid, ...ours];
    let best;
    for (let i = 0; i < TRIES && (!best || (best.others > QUIET && patience > 0)); i++) {
      await wait(pids);
      const before = sample(pids);
      const result = { ...(await measure()), others: 0 };
      result.others = others(before, pids);
      if (!best || result.others < best.others) best = result;
    }
    return best;
  };
}
