import { EvlnetError } from '../errors.js';
import { claimPath } from '../linux/claim.js';
import { ownIdentity } from '../linux/process.js';

/** How long a command waits for others that change the state. */
const LOCK_TIMEOUT_MS = 10_000;

const held = new Set<string>();

/** The lock of `file`, which is `file` + `.lock`. */
export interface Lock {
  /** False when another process took it, which happens only across PID namespaces or by hand. */
  isHeld(): boolean;
  release(): void;
}

/**
 * Waits until no other process has the lock of `file`. One left by a process that died is taken over. Throws
 * EVL_STATE_LOCKED, naming the process, and what the file system throws.
 */
export function takeLock(file: string, timeoutMs = LOCK_TIMEOUT_MS): Lock {
  const path = `${file}.lock`;
  // We would wait for ourselves.
  if (held.has(path)) throw new Error(`${path} is held by this very process`);
  const outcome = claimPath(path, { ...ownIdentity() }, timeoutMs);
  if ('holder' in outcome) throw locked(file, path, outcome.holder.identity.pid);
  held.add(path);
  return {
    isHeld: outcome.claim.isHeld,
    release() {
      held.delete(path);
      outcome.claim.release();
    },
  };
}

const locked = (file: string, path: string, pid: number) =>
  new EvlnetError('EVL_STATE_LOCKED', `Cannot lock state file "${file}": process ${pid} holds ${path}`, {
    hint: `wait for process ${pid}, or end it; the lock of a process that ended is taken over`,
  });
