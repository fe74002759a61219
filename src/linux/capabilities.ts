// capabilities(7).
import { readFileSync, readlinkSync } from 'node:fs';

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

/** The kernel asks the initial user namespace for these (`capable()`): of another one they open nothing. */
const INITIAL_ONLY: readonly Capability[] = ['CAP_IPC_LOCK', 'CAP_SYS_NICE', 'CAP_PERFMON', 'CAP_BPF'];
/** PROC_USER_INIT_INO of <linux/proc_ns.h>. */
const INITIAL_NAMESPACE = `user:[${0xeffffffd}]`;

/** The effective capabilities of this process, without those that are not worth anything in the user namespace that it is in. */
export function capabilities(): ReadonlySet<Capability> {
  const held = new Set(parseCapabilities(readFileSync('/proc/self/status', 'latin1')));
  if (!isInitialUserNamespace()) for (const capability of INITIAL_ONLY) held.delete(capability);
  return held;
}

/** Also where the kernel has no user namespaces. */
export function isInitialUserNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/user') === INITIAL_NAMESPACE;
  } catch {
    return true;
  }
}

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
