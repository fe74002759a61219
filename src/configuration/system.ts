import type { WorkerStatus } from '../control/messages.js';
import type { Reloaded } from '../control/reload.js';
import type { OpenFilter } from '../filter/open.js';
import type { Wanted } from '../filter/verify.js';
import type { Address, Link } from '../linux/link.js';
import type { StatePath } from '../state/path.js';

/** A run folder: of a worker that runs, or of one that died and left it. */
export interface Worker {
  readonly device: string;
  readonly pid: number;
  readonly folder: string;
  readonly isAlive: boolean;
  /** Absent where it died, or did not answer. */
  readonly status?: WorkerStatus;
}

/** What a change of the configuration asks of kernel and workers; tests put their own in place. */
export interface System {
  links(): Promise<readonly Link[]>;
  addresses(): Promise<readonly Address[]>;
  /** Every run folder of this network namespace that belongs to the state file. */
  workers(state: StatePath): Promise<readonly Worker[]>;
  /** Waits until every worker runs `rev`, 1 s at most unless told; says of each whether it does. */
  reload(state: StatePath, rev: number, timeoutMs?: number): Promise<readonly Reloaded[]>;
  /** Asks the worker of that run folder to bring its counters up to date, or to zero them. */
  ask(folder: string, request: { cmd: 'sync' | 'reset'; ifname?: string }): Promise<void>;
  /** Has the kernel verify the filter as its author wrote it and as a worker would run it; throws what it says. */
  verifyFilter(filter: OpenFilter, wanted: Wanted): Promise<void>;
  /** The environment variable as our ancestors have it. */
  inherited(name: string): Promise<string | undefined>;
  /** Runs a program and returns what it said. */
  run(
    command: string,
    words: readonly string[],
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}
