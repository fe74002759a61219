import { EvlnetError } from '../../errors.js';
import { readRecorded } from '../../filter/object-file.js';
import type { FilterState, VerdictChoice } from '../../state/schema.js';
import type { Worker } from '../system.js';

/**
 * NONE: no filter; SET: recorded, no worker; CHANGED, MISSING: the file is not what was set, so that the next worker falls back to
 * the VLAN rule; FAILED: the worker could not install it.
 */
export type FilterStateName = 'NONE' | 'SET' | 'RUNNING' | 'CHANGED' | 'MISSING' | 'FAILED';

/** The filter of one base device as `-j` prints it. */
export interface FilterRecord {
  ifname: string;
  operstate: FilterStateName;
  /** What runs it: xdp, wasm. */
  engine?: string;
  /** Process id. */
  worker?: number;
  object?: string;
  program?: string;
  sha256?: string;
  rules?: { match: string; verdict: VerdictChoice; hits?: number }[];
  default?: { verdict: VerdictChoice; hits?: number };
  all?: VerdictChoice;
  /** Of the program that the hook runs. */
  instructions?: number;
  /** Why it does not run, or will not. */
  why?: string;
  /** Of the device: every frame that came in is one of them. */
  verdicts?: Record<VerdictChoice, number>;
}

/** What is recorded for `ifname` against what its worker runs. `hits` are wanted with `-s`. */
export function filterRecord(
  ifname: string,
  filter: FilterState | undefined,
  worker: Worker | undefined,
  withHits: boolean,
): FilterRecord {
  const status = worker?.isAlive ? worker.status?.filter : undefined;
  const isRunning = filter !== undefined && isSame(filter, status?.running);
  const trouble = filter && fileTrouble(filter);
  const failure = status?.failure;
  const why = failure?.message ?? trouble?.why;
  const hits = withHits && isRunning ? status?.hits : undefined;
  return {
    ifname,
    operstate: operstate(filter, isRunning, trouble?.state, failure !== undefined),
    ...(isRunning && status ? { engine: status.engine } : {}),
    ...(worker?.isAlive && status ? { worker: worker.pid } : {}),
    ...(filter ? contents(filter, hits) : {}),
    ...(isRunning && status ? { instructions: status.instructions } : {}),
    ...(why === undefined ? {} : { why }),
  };
}

function operstate(
  filter: FilterState | undefined,
  isRunning: boolean,
  trouble: FilterStateName | undefined,
  hasFailed: boolean,
): FilterStateName {
  if (filter === undefined) return 'NONE';
  if (trouble) return trouble;
  if (isRunning) return 'RUNNING';
  return hasFailed ? 'FAILED' : 'SET';
}

function contents(filter: FilterState, hits: readonly number[] | undefined): Partial<FilterRecord> {
  if ('all' in filter) return { all: filter.all };
  if ('object' in filter) {
    const { object, program, sha256 } = filter;
    return { object, ...(program ? { program } : {}), ...(sha256 ? { sha256 } : {}) };
  }
  const count = (i: number) => (hits?.[i] === undefined ? {} : { hits: hits[i] });
  return {
    rules: filter.rules.map(({ match, verdict }, i) => ({ match, verdict, ...count(i) })),
    default: { verdict: filter.default, ...count(filter.rules.length) },
  };
}

/** What keeps the next worker from the file that was set. */
function fileTrouble(filter: FilterState): { state: 'CHANGED' | 'MISSING'; why: string } | undefined {
  if (!('object' in filter)) return undefined;
  try {
    readRecorded(filter);
    return undefined;
  } catch (error) {
    if (!(error instanceof EvlnetError)) throw error;
    const state = error.code === 'EVL_FILTER_CHANGED' ? 'CHANGED' : 'MISSING';
    return { state, why: `${error.message}; the next worker falls back to the VLAN rule` };
  }
}

const isSame = (filter: FilterState, running: Record<string, unknown> | undefined): boolean =>
  JSON.stringify(filter) === JSON.stringify(running);
