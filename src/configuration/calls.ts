// The configuration of the command line, as calls of the library: the same changes, the same errors, the same warnings.
import { resolve } from 'node:path';
import { checkArgument, checkOptions, type Kinds, wrongArgument } from '../call-arguments.js';
import type { EvlnetError } from '../errors.js';
import type { FilterSource } from '../filter/source.js';
import { VERDICTS, type VerdictName } from '../filter/verdict.js';
import { formatVlanList, parseVlanList } from '../filter/vlan-set.js';
import { statePath } from '../state/path.js';
import { emitWarning } from '../warning.js';
import { disable } from './disable-port.js';
import { type EnableOptions, enable } from './enable-port.js';
import { install, remove } from './filter.js';
import { hostAddress } from './host-address.js';
import { liveSystem } from './live-system.js';
import { type PortReport, query } from './query.js';
import { solicit as solicitHost } from './solicit.js';
import type { Surroundings } from './surroundings.js';
import { changeVlans } from './vlans.js';

/** What every call takes. */
export interface CallOptions {
  /** State file; default as for the command line. */
  readonly state?: string;
  /**
   * Ends the wait for the workers: the call rejects with the signal's reason. What is recorded by then stays so, and the workers follow it
   * when they can.
   */
  readonly signal?: AbortSignal;
  /** Told what the command line would warn of; default a warning of the process, of type `EvlnetWarning`. */
  readonly onWarning?: (message: string, hint?: string) => void;
}

/** The filter of a base device. */
export type FilterChoice =
  /** An eBPF object file as EVL's users make them; `program` is the function in it, default the first in a section `socket`. */
  | { readonly object: string; readonly program?: string }
  /** Rules of pcap-filter(7), the first that matches decides; `default` holds for what none matches, `vlan` unless given. */
  | {
      readonly rules: readonly { readonly match: string; readonly verdict: VerdictName }[];
      readonly default?: VerdictName;
    }
  /** One verdict for all frames. */
  | { readonly all: VerdictName };

/**
 * Makes a base device or a VLAN device a port, as `evlnet port enable` does. One that is enabled already is changed in what is given.
 * Resolves once the running workers follow; rejects with EVL_NOT_FOLLOWED where the change is recorded, but one of them does not.
 */
export async function enablePort(ifname: string, options: EnableOptions & CallOptions = {}): Promise<void> {
  checkArgument('ifname', ifname, 'string');
  checkOptions(options, ENABLE);
  await changed(options, (around) => enable(around, ifname, options));
}

/** Makes a port an ordinary interface again, as `evlnet port disable` does; one that is not enabled is as it should be. */
export async function disablePort(ifname: string, options: CallOptions = {}): Promise<void> {
  checkArgument('ifname', ifname, 'string');
  checkOptions(options, CALL);
  await changed(options, (around) => disable(around, ifname));
}

/**
 * Replaces the set of out-of-band VLANs, as `evlnet vlans set` does, and resolves with it as it is recorded: `42-45,100`. It is given in
 * those words, or as VLAN IDs; nothing is the empty set.
 */
export async function setVlans(list: string | Iterable<number>, options: CallOptions = {}): Promise<string> {
  checkOptions(options, CALL);
  const set = parseVlanList(typeof list === 'string' ? list : vidsOf(list).join(','));
  await changed(options, (around) => changeVlans(around, true, () => set));
  return formatVlanList(set);
}

/**
 * Installs a filter on the base device of `ifname`, as `evlnet filter set` does, or with `null` takes it away. A filter that would not run
 * changes nothing. `force`: it may end the SSH session that this program runs in.
 */
export async function setFilter(
  ifname: string,
  filter: FilterChoice | null,
  options: CallOptions & { readonly force?: boolean } = {},
): Promise<void> {
  checkArgument('ifname', ifname, 'string');
  checkOptions(options, FILTER_CALL);
  const source = filter === null ? undefined : sourceOf(filter);
  await changed(options, (around) =>
    source === undefined ? remove(around, ifname) : install(around, ifname, source, options.force === true),
  );
}

/** Of a call to `solicit`. */
export interface SolicitCall {
  /** The port to ask through, whatever other routes say. */
  readonly ifname?: string;
  /** Keep its MAC address for good. */
  readonly permanent?: boolean;
  /** The host may be behind a gateway, which is asked for in its place. */
  readonly gateway?: boolean;
  /** How long to wait for an answer; default 5000. */
  readonly timeoutMs?: number;
}

/**
 * Asks for a host by ARP and resolves once it is known to be there, as `evlnet neigh solicit` does: the first packet to it then need not wait.
 * Rejects with EVL_TIMEOUT where it does not answer. On an evlnet VLAN port without a worker what is learned ends with the call, unless
 * it is permanent.
 */
export async function solicit(host: string, options: SolicitCall & CallOptions = {}): Promise<void> {
  checkArgument('host', host, 'string');
  checkOptions(options, SOLICIT);
  await changed(options, async (around) =>
    solicitHost(around, await hostAddress(host), {
      ifname: options.ifname,
      isPermanent: options.permanent === true,
      mayRoute: options.gateway === true,
      timeoutMs: options.timeoutMs,
      signal: options.signal,
    }),
  );
}

/** What `evlnet port query` reports of an enabled port: zeros where no worker runs. */
export async function queryPort(ifname: string, options: CallOptions = {}): Promise<PortReport> {
  checkArgument('ifname', ifname, 'string');
  checkOptions(options, CALL);
  return abortable(options.signal, () => query(surroundings(options), ifname));
}

const CALL: Kinds<CallOptions> = { state: 'string', signal: 'signal', onWarning: 'function' };
// What has a range of its own is checked where the command line's is.
const ENABLE: Kinds<EnableOptions & CallOptions> = {
  ...CALL,
  link: 'string',
  vid: 'integer',
  create: 'boolean',
  address: 'string',
  ethertype: ['any'],
  icmpErrors: 'boolean',
  driver: 'any',
  mode: 'any',
  pool: 'any',
  bufsz: 'any',
};
const FILTER_CALL = { ...CALL, force: 'boolean' } as const;
const SOLICIT: Kinds<SolicitCall & CallOptions> = {
  ...CALL,
  ifname: 'string',
  permanent: 'boolean',
  gateway: 'boolean',
  timeoutMs: 'number',
};

function vidsOf(list: unknown): readonly number[] {
  const isList =
    typeof (list as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
  if (!isList) throw wrongArgument('list', list, 'must be a string, or a list of VLAN IDs');
  const vids = [...(list as Iterable<number>)];
  for (const vid of vids) checkArgument('list', vid, 'integer');
  return vids;
}

function checkFilter(filter: FilterChoice): void {
  const isObject = typeof filter === 'object' && filter !== null;
  if (!isObject || !['object', 'rules', 'all'].some((key) => key in filter))
    throw wrongArgument('filter', filter, 'must have "object", "rules" or "all", or be null');
  if ('object' in filter) {
    checkOptions(filter, { object: 'string', program: 'string' }, 'filter');
    checkArgument('object', filter.object, 'string');
  } else if ('rules' in filter) {
    checkOptions(filter, { rules: 'any', default: VERDICTS }, 'filter');
    if (!Array.isArray(filter.rules)) throw wrongArgument('rules', filter.rules, 'must be an array');
    for (const rule of filter.rules as unknown[]) {
      checkOptions(rule, { match: 'string', verdict: VERDICTS }, 'rules');
      const { match, verdict } = rule as Record<string, unknown>;
      checkArgument('match', match, 'string');
      checkArgument('verdict', verdict, VERDICTS);
    }
  } else {
    checkOptions(filter, { all: VERDICTS }, 'filter');
    checkArgument('all', filter.all, VERDICTS);
  }
}

function sourceOf(filter: FilterChoice): FilterSource {
  checkFilter(filter);
  if ('object' in filter) return { ...filter, object: resolve(filter.object) };
  return 'rules' in filter ? { ...filter, default: filter.default ?? 'vlan' } : filter;
}

async function changed(
  options: CallOptions,
  change: (around: Surroundings) => Promise<EvlnetError[]>,
): Promise<void> {
  const [error] = await abortable(options.signal, () => change(surroundings(options)));
  if (error !== undefined) throw error;
}

function surroundings({ state, onWarning = emitWarning }: CallOptions): Surroundings {
  return {
    system: liveSystem,
    state: statePath(state),
    stateOptions: { onWarning },
    env: process.env,
    warn: onWarning,
  };
}

/** Rejects as soon as the signal aborts; what `act` does then goes on unheard. */
async function abortable<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  if (signal === undefined) return act();
  let give = () => {};
  const aborted = new Promise<never>((_, reject) => {
    give = () => reject(signal.reason as Error);
    signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([act(), aborted]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
