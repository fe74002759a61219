// A document that shall take the place of the state, checked as the commands check what they record.
import { EvlnetError, Exit, usage } from '../errors.js';
import { readObjectFile } from '../filter/object-file.js';
import { type OpenFilter, openFilter } from '../filter/open.js';
import { formatVlanList, parseVlanList } from '../filter/vlan-set.js';
import type { Link } from '../linux/link.js';
import { isSame } from '../state/change.js';
import { decodeWanted } from '../state/decode.js';
import { readState } from '../state/file.js';
import { type FilterState, formatPath, type ServiceState, type StateDocument } from '../state/schema.js';
import { parseIpv4 } from '../wire/address.js';
import { requireUp } from './enable-port.js';
import { wantedOn } from './filter-warnings.js';
import { hostOf } from './neighbours.js';
import { checkAddress, checkPriority } from './options.js';
import { findPlace } from './place.js';
import { type RecordedPort, recordedPorts } from './recorded-port.js';
import { refuseEndOfSession } from './ssh-session.js';
import type { Surroundings } from './surroundings.js';
import { readTables, type Tables } from './tables.js';
import { verify } from './verify-filter.js';

export interface WantedState {
  /** What the user calls the document. */
  readonly name: string;
  readonly state: StateDocument;
  readonly tables: Tables;
  /** Those that are not recorded yet, by base device. */
  readonly filters: ReadonlyMap<string, OpenFilter>;
}

/**
 * Reads the document; throws, with the path of the key, what is wrong with it on this machine. What is recorded already is not asked for its
 * device again. `force`: its filters may end the SSH session that this runs in.
 */
export async function wantedState(
  around: Surroundings,
  name: string,
  text: string,
  force: boolean,
): Promise<WantedState> {
  const state = decodeWanted(name, text);
  const before = readState(around.state.file, around.stateOptions);
  const tables = await readTables(around);
  const [set, setBefore] = [state, before].map(({ vlans }) => formatVlanList(parseVlanList(vlans)));
  // One set may be written in many ways.
  state.vlans = set === setBefore ? before.vlans : set!;
  const at: Naming = (keys, act) => naming(name, keys, act);
  await checkPorts(state, before, tables.links, at);
  for (const table of ['devices', 'filters', 'services'] as const)
    for (const device of Object.keys(state[table]))
      if (before[table][device] === undefined)
        await at([table, device], () => requireBase(device, tables.links));
  const { parseCpuList } = await import('../linux/sched.js');
  for (const [device, { priority, spin, cpu, services }] of Object.entries(state.services)) {
    for (const i of services.keys())
      await at(['services', device, 'services', i], () =>
        checkService(services, i, device, recordedPorts(state, tables.links)),
      );
    await at(['services', device, 'priority'], () => checkPriority(priority, spin));
    await at(['services', device, 'cpu'], () => cpu !== undefined && parseCpuList(cpu));
  }
  const filters = new Map<string, OpenFilter>();
  for (const [device, filter] of Object.entries(state.filters)) {
    const { recorded, opened } = await at(['filters', device], () => open(filter));
    state.filters[device] = recorded;
    if (!isSame(recorded, before.filters[device])) filters.set(device, opened);
  }
  for (const [device, opened] of filters)
    await at(['filters', device], async () => {
      await verify(around, opened, wantedOn(state, device, tables.links));
      if (!force) await refuseEndOfSession(around, state, device, tables, opened);
    });
  return { name, state, tables, filters };
}

/** Runs `act`; what it throws is said of the key. */
type Naming = <T>(keys: readonly (string | number)[], act: () => T | Promise<T>) => Promise<T>;

async function naming<T>(
  name: string,
  keys: readonly (string | number)[],
  act: () => T | Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof EvlnetError)) throw error;
    const { code, message, hint, exit, errno } = error;
    throw new EvlnetError(code, `Cannot apply "${name}": ${formatPath(keys)}: ${message}`, {
      cause: error,
      // A document is wrong: nothing that was typed is.
      exit: exit === Exit.Usage ? Exit.Failure : exit,
      ...(hint === undefined ? {} : { hint }),
      ...(errno === undefined ? {} : { errno }),
    });
  }
}

async function checkPorts(
  state: StateDocument,
  before: StateDocument,
  links: readonly Link[],
  at: Naming,
): Promise<void> {
  for (const [ifname, entry] of Object.entries(state.ports)) {
    const old = before.ports[ifname];
    await at(['ports', ifname, 'address'], () => checkAddress(entry.address));
    for (const host of Object.keys(entry.neighbours ?? {}))
      await at(['ports', ifname, 'neighbours', host], () => hostOf(parseIpv4(host)));
    if (old !== undefined && old.link === entry.link && old.vid === entry.vid) continue;
    const place = await at(['ports', ifname], () => findPlace(ifname, entry, links));
    await at(['ports', ifname], () => requireUp(place));
    // As `port enable` records it.
    if (place.vid !== undefined) Object.assign(entry, { link: place.base.ifname, vid: place.vid });
  }
  const taken = new Map<string, string>();
  for (const { ifname, baseName, vid } of recordedPorts(state, links)) {
    if (vid === undefined) continue;
    const other = taken.get(`${baseName} ${vid}`);
    if (other !== undefined)
      await at(['ports', ifname], () => {
        throw usage('EVL_PORT_EXISTS', `VLAN ${vid} of "${baseName}" is port "${other}"`, 'name one of them');
      });
    taken.set(`${baseName} ${vid}`, ifname);
  }
}

/** What `evlnet run` would not take, or would not start with. */
function checkService(
  services: readonly ServiceState[],
  i: number,
  device: string,
  ports: readonly RecordedPort[],
): void {
  const { service, port, udpPort } = services[i]!;
  const refuse = (what: string, hint: string) => {
    throw usage('EVL_STATE_INVALID', what, hint);
  };
  if (service === 'icmp-responder' && udpPort !== undefined)
    refuse('icmp-responder has no "udpPort"', 'leave it out');
  if (port !== undefined && !ports.some((p) => p.ifname === port && p.baseName === device))
    refuse(
      `"${port}" is no port of "${device}" in it`,
      'add the port, or leave "port" out: all of the device',
    );
  if (services.findIndex((other) => isSame(other, services[i])) < i)
    refuse('it is there twice', 'leave one out');
}

function requireBase(device: string, links: readonly Link[]): void {
  const { base, vid } = findPlace(device, {}, links);
  if (vid === undefined) return;
  throw usage('EVL_NOT_BASE', `it is VLAN ${vid} of "${base.ifname}"`, `name "${base.ifname}"`);
}

/** As `filter set` records it. */
function open(filter: FilterState): { recorded: FilterState; opened: OpenFilter } {
  if (!('object' in filter)) return { recorded: filter, opened: openFilter(filter) };
  const { octets, sha256 } = readObjectFile(filter.object);
  if (filter.sha256 !== undefined && filter.sha256 !== sha256)
    throw new EvlnetError(
      'EVL_FILTER_CHANGED',
      `"${filter.object}" is another file here: its SHA-256 is ${sha256}`,
      { hint: 'put the file there that was exported, or leave "sha256" out' },
    );
  const opened = openFilter(filter, octets);
  return { recorded: { ...filter, program: opened.program.name, sha256 }, opened };
}
