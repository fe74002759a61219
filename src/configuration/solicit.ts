// evl_net_solicit() of EVL: before the first packet the neighbour is asked for, in-band and with time to wait. Its rules, to the letter: the
// route must be on the link unless gateways are allowed; a device that is no port is ENODEV, no answer within 5 s ETIMEDOUT; a permanent
// entry is one of the kernel's table where ARP is the kernel's.

import { runRoot } from '../control/run-folder.js';
import { unlessEnded } from '../control/unless-ended.js';
import { EvlnetError, Exit, usage } from '../errors.js';
import { readState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { formatIpv4, netmask } from '../wire/address.js';
import type { NetworkTables } from '../worker/routes.js';
import { type Way, Ways } from '../worker/way.js';
import { namedPort } from './named-port.js';
import { addNeighbour, followKernel } from './neighbours.js';
import { isInSet } from './recorded-port.js';
import { refusedWay } from './refused-way.js';
import type { Surroundings } from './surroundings.js';
import { readNetworkTables } from './tables.js';

/** EVL: ipv4_solicit_timeout. */
const TIMEOUT_MS = 5000;
/** More than anybody waits; what a worker takes. */
const LONGEST_MS = 1e9;
/** The worker answers a little later than it gives up. */
const LATE_MS = 3000;

export interface SolicitOptions {
  /** The port to ask through, whatever other routes say. */
  readonly ifname?: string | undefined;
  /** EVL_NEIGH_PERMANENT: the entry stays. */
  readonly isPermanent?: boolean;
  /** EVL_NEIGH_MAYROUTE: the host may be behind a gateway, which is asked for in its place. */
  readonly mayRoute?: boolean;
  readonly timeoutMs?: number | undefined;
  /** Ends the wait: the call returns then, and nothing is known. */
  readonly signal?: AbortSignal | undefined;
}

/** Returns once the host is known to be there, or `signal` aborts, with what keeps the workers from following a permanent entry. */
export async function solicit(
  around: Surroundings,
  host: number,
  options: SolicitOptions = {},
): Promise<EvlnetError[]> {
  const { ifname, mayRoute = false, isPermanent = false, timeoutMs = TIMEOUT_MS } = options;
  if (!(timeoutMs > 0))
    throw usage(
      'EVL_ARGUMENT',
      `argument "${timeoutMs / 1000}" is wrong: the time to wait is more than 0 s (EINVAL)`,
      '-w 5',
    );
  const state = readState(around.state.file, around.stateOptions);
  const tables = await readNetworkTables(around);
  if (ifname !== undefined) namedPort(ifname, state, tables.links);
  // Limited broadcast needs no route: whichever port it leaves by, there is nobody to ask.
  if (host === 0xffff_ffff) return [];
  const way = new Ways(state, tables, { mayRoute }).find(host, ifname);
  if (typeof way === 'number')
    throw explained(state, tables, host, options) ?? refusedWay('solicit', way, host, ifname);
  if (way.kind !== 'unicast') return [];
  const { signal } = options;
  const lladdr = way.kernel
    ? await askKernel(around, way, way.kernel.ifindex, timeoutMs, signal)
    : await askWorker(around, state, way, timeoutMs, signal);
  if (signal?.aborted) return [];
  if (lladdr === undefined) throw silent(way, timeoutMs);
  return isPermanent ? addNeighbour(around, way.nextHop, lladdr, way.ifname) : [];
}

async function askKernel(
  around: Surroundings,
  { nextHop, base }: Way,
  ifindex: number,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const found = await around.system.solicit(ifindex, nextHop, timeoutMs, signal);
  if (found !== undefined) await followKernel(around, [base]);
  return found?.lladdr && Array.from(found.lladdr, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** By the worker that runs, or one that runs only for this. */
async function askWorker(
  around: Surroundings,
  state: StateDocument,
  { ifname, base, vid, nextHop }: Way,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (vid !== undefined && !isInSet(state, vid))
    around.warn(`VLAN ${vid} is in-band: no reply will be seen`, `evlnet vlans add ${vid}`);
  const request = {
    cmd: 'solicit' as const,
    ifname,
    address: nextHop,
    timeoutMs: Math.min(Math.ceil(timeoutMs), LONGEST_MS),
  };
  const ask = async (folder: string) => {
    try {
      return (await around.system.ask(folder, request, timeoutMs + LATE_MS, signal)).neighbour?.lladdr;
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    }
  };
  const worker = (await around.system.workers(around.state)).find((w) => w.isAlive && w.device === base);
  const answer = worker && (await ask(worker.folder).then((lladdr) => ({ lladdr }), unlessEnded));
  return answer ? answer.lladdr : withOwnWorker(around, state, base, ask, signal);
}

async function withOwnWorker<T>(
  around: Surroundings,
  state: StateDocument,
  device: string,
  act: (folder: string) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  const [{ runSession }, { workerFolder }] = await Promise.all([
    import('../worker/session.js'),
    import('../control/run-folder.js'),
  ]);
  const end = new AbortController();
  const stop = () => end.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const root = runRoot(around.state);
  const { spin, cpu, priority } = state.services[device] ?? {};
  let acted: Promise<T> | undefined;
  try {
    await runSession({
      device,
      stateFile: around.state.file,
      runRoot: root,
      wanted: [],
      spin,
      cpu,
      priority,
      sink: { trace() {}, suppressed() {}, warning: (message, hint) => around.warn(message, hint) },
      mayAttach: true,
      signal: end.signal,
      onStarted() {
        acted = act(workerFolder(root, device));
        acted.then(stop, stop);
      },
      onTally() {},
    });
    return signal?.aborted ? undefined : await acted;
  } finally {
    signal?.removeEventListener('abort', stop);
    acted?.catch(() => {});
  }
}

/** What is behind a route that does not lead there: a gateway that was not allowed, a device that is no port. */
function explained(
  state: StateDocument,
  tables: NetworkTables,
  host: number,
  { ifname, mayRoute = false }: SolicitOptions,
): EvlnetError | undefined {
  const text = formatIpv4(host);
  const routed = mayRoute ? undefined : new Ways(state, tables).find(host, ifname);
  if (typeof routed === 'object')
    return new EvlnetError(
      'EVL_NO_ROUTE',
      `Cannot solicit ${text}: it is not on the link, but behind ${formatIpv4(routed.nextHop)} (ENETUNREACH)`,
      { hint: `evlnet neigh solicit ${text} gateway asks for the gateway`, errno: 101 },
    );
  if (ifname !== undefined) return undefined;
  const route = tables.routes
    .filter((r) => (host & netmask(r.prefix)) >>> 0 === r.network && (mayRoute || r.gateway === undefined))
    .sort((a, b) => b.prefix - a.prefix || a.metric - b.metric)[0];
  const device = tables.links.find((l) => l.ifindex === route?.ifindex)?.ifname;
  if (device === undefined || state.ports[device] !== undefined) return undefined;
  return new EvlnetError(
    'EVL_NO_PORT',
    `Cannot solicit ${text}: "${device}" is not an enabled port (ENODEV)`,
    {
      hint: `evlnet port enable ${device}`,
      errno: 19,
    },
  );
}

const silent = ({ destination, nextHop, hasGateway, ifname, base, vid, kernel }: Way, timeoutMs: number) =>
  new EvlnetError(
    'EVL_TIMEOUT',
    `Cannot solicit ${formatIpv4(destination)}: ${hasGateway ? `its gateway ${formatIpv4(nextHop)}` : 'it'} did not respond within ${timeoutMs / 1000} s (ETIMEDOUT)`,
    {
      exit: Exit.No,
      errno: 110,
      hint:
        kernel || vid === undefined
          ? `"ip neigh show dev ${ifname}" tells what the kernel knows of it`
          : `is it up, and on VLAN ${vid} of the wire of "${base}"?`,
    },
  );
