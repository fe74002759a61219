// capabilities(7).
import { readFileSync } from 'node:fs';

/** Numbers of <linux/capability.h>: the ones that evlnet has a use for. */
const NUMBERS = {
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_IPC_LOCK: 14,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_NICE: 23,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

export type Capability = keyof typeof NUMBERS;

/**
 * The effective capabilities of this process. In a user namespace of its own a process may have all of them and bpf(2)
 * still refuse it: that asks the initial one.
 */
export const capabilities = (): ReadonlySet<Capability> =>
  parseCapabilities(readFileSync('/proc/self/status', 'latin1'));

/** From the text of /proc/PID/status. */
export function parseCapabilities(status: string): ReadonlySet<Capability> {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const held = new Set<Capability>();
  for (const [name, number] of Object.entries(NUMBERS))
    if ((bits >> BigInt(number)) & 1n) held.add(name as Capability);
  // It was all of these before 5.8 split them off, and still is.
  if (held.has('CAP_SYS_ADMIN')) held.add('CAP_BPF').add('CAP_PERFMON');
  return held;
}
