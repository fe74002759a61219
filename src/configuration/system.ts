import type { Command, Replies, WorkerStatus } from '../control/messages.js';
import type { Reloaded } from '../control/reload.js';
import type { OpenFilter } from '../filter/open.js';
import type { Wanted } from '../filter/verify.js';
import type { Address, Link } from '../linux/link.js';
import type { KernelNeighbour } from '../linux/neighbour.js';
import type { KernelRoute } from '../linux/route.js';
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

/** A command of the control socket, with its arguments. */
export type Asked<C extends Command> = { readonly cmd: C; readonly [argument: string]: unknown };

/** What a change of the configuration asks of kernel and workers; tests put their own in place. */
export interface System {
  links(): Promise<readonly Link[]>;
  addresses(): Promise<readonly Address[]>;
  routes(): Promise<readonly KernelRoute[]>;
  neighbours(): Promise<readonly KernelNeighbour[]>;
  /** Makes a permanent neighbour of the kernel's. */
  setNeighbour(ifindex: number, address: number, lladdr: Uint8Array): Promise<void>;
  /** False: the kernel has none. */
  deleteNeighbour(ifindex: number, address: number): Promise<boolean>;
  /** Has the kernel ask; undefined: no answer in time, or until `signal` aborted. */
  solicit(
    ifindex: number,
    address: number,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<KernelNeighbour | undefined>;
  /** Every run folder of this network namespace that belongs to the state file. */
  workers(state: StatePath): Promise<readonly Worker[]>;
  /** Waits until every worker runs `rev`, 1 s at most unless told; says of each whether it does. */
  reload(state: StatePath, rev: number, timeoutMs?: number): Promise<readonly Reloaded[]>;
  /** What the worker of that run folder answers; its error, or that it does not answer within 5 s unless told; `signal` hangs up. */
  ask<C extends Command>(
    folder: string,
    request: Asked<C>,
    timeoutMs?: number,
    signal?: AbortSignal,
  ): Promise<Replies[C]>;
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
