import { EvlnetError, Exit } from '../errors.js';

/** One line from client to worker; arguments stand beside `cmd`. */
export interface Request {
  id: number;
  cmd: string;
  /** When the client gives up, in milliseconds of Date.now(): later it must not be done. */
  until?: number;
  [argument: string]: unknown;
}

/** What an EvlnetError is on the wire. */
export interface Failure {
  message: string;
  code: string;
  hint?: string;
  exit?: number;
}

/** `id` is absent when the request had none that could be read. */
export type Reply = { id: number; ok: unknown } | { id?: number; error: Failure };

/** What the worker says unasked, on connections that want it. */
export interface Event {
  event: string;
  [key: string]: unknown;
}

/** What decides about frames, and why it is not what is recorded. */
export interface FilterStatus {
  engine: string;
  instructions: number;
  /** The filter as the state file had it; absent: the VLAN rule alone. */
  running?: Record<string, unknown>;
  /** Of each rule, that of the default last. */
  hits?: number[];
  failure?: Failure;
}

export interface WorkerStatus {
  pid: number;
  device: string;
  ifindex: number;
  driver: string;
  mode: string;
  zeroCopy: boolean;
  queues: number;
  /** Buffers, and octets of one, as they are. */
  pool: number;
  bufsz: number;
  /** How its out-of-band side runs, as far as that was said: empty turns, CPUs, SCHED_FIFO. */
  spin?: number | 'always';
  cpu?: string;
  priority?: number;
  /** Of its out-of-band thread since it runs. */
  pageFaults?: { minor: number; major: number };
  /** What was changed on the interface and will be put back: `rxvlan off`. */
  changed: string[];
  /** Why not a better driver or mode. */
  why?: string;
  /** Of the state that is in effect. */
  rev: number;
  filter: FilterStatus;
  link: 'up' | 'down';
  ports: { ifname: string; vid?: number; running: boolean }[];
  services: { service: string; port?: string; udpPort?: number }[];
}

/** Of one host on the link of a port. */
export interface NeighbourStatus {
  ifname: string;
  /** An unsigned number in host order. */
  address: number;
  /** NUD_*. */
  state: number;
  /** Absent where it is not known. */
  lladdr?: string;
  /** Seconds since it was last told or changed. */
  ageS: number;
}

/** What the commands answer. */
export interface Replies {
  status: WorkerStatus;
  /** `filter`: why the recorded one does not run. */
  reload: { rev: number; filter?: Failure };
  attach: Record<string, unknown>;
  /** Events `echoes` follow until the connection is closed. */
  ping: Record<string, never>;
  /** No more requests of that; events go on. */
  'ping-enough': Record<string, never>;
  /** The table that the out-of-band side uses. */
  neighbours: { neighbours: NeighbourStatus[] };
  /** Absent where it did not answer in time. */
  solicit: { neighbour?: NeighbourStatus };
  /** How many entries. */
  forget: { forgotten: number };
  /** What routers said of the path to an address: octets of the longest packet, 0 where they said nothing. */
  'path-mtu': { mtu: number };
  /** Forgets what routers said. */
  'flush-paths': Record<string, never>;
  /** The stats page holds the counters of this moment. */
  sync: Record<string, never>;
  reset: Record<string, never>;
  /** After the time asked for, in which the driver told its times, if it can, and garbage collections were counted. */
  stamp: { isSupported: boolean };
  /** Id of the perf event array in which the XDP program tells of every frame, from `tap-begin` until the connection is closed. */
  tap: { map: number };
  'tap-begin': Record<string, never>;
  stop: Record<string, never>;
}
export type Command = keyof Replies;

/** One message as it goes over the socket. */
export const encode = (message: Request | Reply | Event): string => `${JSON.stringify(message)}\n`;

/** `line` as an object; undefined where it is not JSON, or not an object. */
export function decode(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof EvlnetError)) {
    return { code: 'EVL_INTERNAL', message: error instanceof Error ? error.message : String(error) };
  }
  const { code, message, hint, exit } = error;
  return { code, message, exit, ...(hint === undefined ? {} : { hint }) };
}

/** The error that the worker threw, to be thrown here. What does not look like one becomes EVL_INTERNAL. */
export function fromFailure(failure: unknown): EvlnetError {
  const { code, message, hint, exit } = (failure ?? {}) as Record<string, unknown>;
  return new EvlnetError(
    typeof code === 'string' ? code : 'EVL_INTERNAL',
    typeof message === 'string' ? message : 'the worker gave no reason',
    {
      exit: Object.values(Exit).find((value) => value === exit) ?? Exit.Failure,
      ...(typeof hint === 'string' ? { hint } : {}),
    },
  );
}
