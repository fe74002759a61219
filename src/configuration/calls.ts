// The configuration of the command line, as calls of the library: the same changes, the same errors, the same warnings.
import { resolve } from 'node:path';
import type { EvlnetError } from '../errors.js';
import type { FilterSource } from '../filter/source.js';
import type { VerdictName } from '../filter/verdict.js';
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
export const enablePort = (ifname: string, options: EnableOptions & CallOptions = {}): Promise<void> =>
  changed(options, (around) => enable(around, ifname, options));

/** Makes a port an ordinary interface again, as `evlnet port disable` does; one that is not enabled is as it should be. */
export const disablePort = (ifname: string, options: CallOptions = {}): Promise<void> =>
  changed(options, (around) => disable(around, ifname));

/**
 * Replaces the set of out-of-band VLANs, as `evlnet vlans set` does, and resolves with it as it is recorded: `42-45,100`. It is given in
 * those words, or as VLAN IDs; nothing is the empty set.
 */
export async function setVlans(list: string | Iterable<number>, options: CallOptions = {}): Promise<string> {
  const set = parseVlanList(typeof list === 'string' ? list : [...list].join(','));
  await changed(options, (around) => changeVlans(around, true, () => set));
  return formatVlanList(set);
}

/**
 * Installs a filter on the base device of `ifname`, as `evlnet filter set` does, or with `null` takes it away. A filter that would not run
 * changes nothing. `force`: it may end the SSH session that this program runs in.
 */
export const setFilter = (
  ifname: string,
  filter: FilterChoice | null,
  options: CallOptions & { readonly force?: boolean } = {},
): Promise<void> =>
  changed(options, (around) =>
    filter === null
      ? remove(around, ifname)
      : install(around, ifname, sourceOf(filter), options.force === true),
  );

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
export const solicit = (host: string, options: SolicitCall & CallOptions = {}): Promise<void> =>
  changed(options, async (around) =>
    solicitHost(around, await hostAddress(host), {
      ifname: options.ifname,
      isPermanent: options.permanent === true,
      mayRoute: options.gateway === true,
      timeoutMs: options.timeoutMs,
      signal: options.signal,
    }),
  );

/** What `evlnet port query` reports of an enabled port: zeros where no worker runs. */
export const queryPort = (ifname: string, options: CallOptions = {}): Promise<PortReport> =>
  abortable(options.signal, () => query(surroundings(options), ifname));

function sourceOf(filter: FilterChoice): FilterSource {
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
