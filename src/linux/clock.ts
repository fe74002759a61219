import { clockGettime } from './libc.js';
import { map } from './memory.js';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

const timespec = map(4096);
const clock = timespec.view;
/**
 * CLOCK_MONOTONIC in nanoseconds, as a Number (exact for 104 days of uptime, then to 2 ns): the clock of process.hrtime(), and of
 * bpf_ktime_get_ns() in the kernel.
 */
export function nowNs(): number {
  clockGettime(CLOCK_MONOTONIC, timespec.address);
  return clock.getUint32(0, true) * 1e9 + clock.getUint32(8, true);
}

/** Nanoseconds since 1970 that CLOCK_MONOTONIC was 0 at, as the clock of the day is set now. */
export function monotonicEpochNs(): bigint {
  clockGettime(CLOCK_REALTIME, timespec.address);
  const now = clock.getBigUint64(0, true) * 1_000_000_000n + clock.getBigUint64(8, true);
  return now - BigInt(Math.round(nowNs()));
}
