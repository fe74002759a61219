// Neighbours as an administrator sets and forgets them. On a device of the kernel's the table is the kernel's, as in EVL, and so is what is
// done to it; an evlnet VLAN port has its permanent ones in the state file, the others in the worker's table.
import { unlessEnded } from '../control/unless-ended.js';
import { EvlnetError, usage } from '../errors.js';
import type { Link } from '../linux/link.js';
import { NeighbourState } from '../memory/neighbour-page.js';
import { readState, updateState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { formatIpv4, formatMac, parseMac } from '../wire/address.js';
import { Refusal, type Way, Ways } from '../worker/way.js';
import { confirm } from './confirm.js';
import { namedPort } from './named-port.js';
import { type RecordedPort, recordedPorts } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';
import { readNetworkTables } from './tables.js';

const { None, NoArp, Permanent } = NeighbourState;

/** Makes a permanent neighbour, or makes one permanent; returns what keeps the workers from following. */
export async function addNeighbour(
  around: Surroundings,
  address: number,
  lladdr: string,
  ifname: string,
): Promise<EvlnetError[]> {
  const { hi, lo } = parseMac(lladdr);
  const dst = hostOf(address);
  const state = readState(around.state.file, around.stateOptions);
  const tables = await readNetworkTables(around);
  const { kernel, baseName } = namedPort(ifname, state, tables.links);
  if (kernel) {
    const octets = Uint8Array.of(hi >>> 8, hi, lo >>> 24, lo >>> 16, lo >>> 8, lo);
    await around.system.setNeighbour(kernel.ifindex, address, octets);
    await followKernel(around, [baseName]);
    return [];
  }
  warnAboutRoute(around, new Ways(state, tables, { mayRoute: false }).find(address, ifname), dst, ifname);
  return record(around, ifname, tables.links, (neighbours) => {
    // Keys of a later version stay.
    neighbours[dst] = { ...neighbours[dst], lladdr: formatMac(hi, lo) };
  });
}

/** Forgets a neighbour, permanent or not; throws where there is none. */
export async function deleteNeighbour(
  around: Surroundings,
  address: number,
  ifname: string,
): Promise<EvlnetError[]> {
  const links = await around.system.links();
  const port = namedPort(ifname, readState(around.state.file, around.stateOptions), links);
  const dst = formatIpv4(address);
  // One that was recorded before the kernel had the device is forgotten too.
  const isRecorded = port.entry.neighbours?.[dst] !== undefined;
  const isKnown = port.kernel
    ? await around.system.deleteNeighbour(port.kernel.ifindex, address)
    : !isRecorded && (await forget(around, port, address)) > 0;
  if (!isKnown && !isRecorded) throw none(address, ifname);
  if (port.kernel) await followKernel(around, [port.baseName]);
  if (!isRecorded) return [];
  return record(around, ifname, links, (neighbours) => {
    delete neighbours[dst];
  });
}

/** Forgets the neighbours of one port, or of all: not the permanent ones. */
export async function flushNeighbours(around: Surroundings, ifname: string | undefined): Promise<void> {
  const links = await around.system.links();
  const state = readState(around.state.file, around.stateOptions);
  const ports = ifname === undefined ? recordedPorts(state, links) : [namedPort(ifname, state, links)];
  const known = ports.some((p) => p.kernel) ? await around.system.neighbours() : [];
  for (const { kernel } of ports)
    for (const n of known)
      if (n.ifindex === kernel?.ifindex && (n.state & (NoArp | Permanent)) === 0 && n.state !== None)
        await around.system.deleteNeighbour(n.ifindex, n.address);
  for (const port of ports) if (port.kernel === undefined) await forget(around, port, undefined);
  await followKernel(around, [...new Set(ports.filter((p) => p.kernel).map((p) => p.baseName))]);
}

/** Returns once the workers of these devices have the kernel's table as it is now. */
export async function followKernel(
  { system, state }: Surroundings,
  devices: readonly string[],
): Promise<void> {
  if (devices.length === 0) return;
  const workers = (await system.workers(state)).filter((w) => w.isAlive && devices.includes(w.device));
  await Promise.all(workers.map((w) => system.ask(w.folder, { cmd: 'neighbours' }).catch(unlessEnded)));
}

/** How many the worker has forgotten: none where none runs, which knows nobody. */
async function forget(
  { system, state }: Surroundings,
  { ifname, baseName }: RecordedPort,
  address: number | undefined,
): Promise<number> {
  const worker = (await system.workers(state)).find((w) => w.isAlive && w.device === baseName);
  if (worker === undefined) return 0;
  const wanted = { cmd: 'forget' as const, ifname, ...(address === undefined ? {} : { address }) };
  return (await system.ask(worker.folder, wanted).catch(unlessEnded))?.forgotten ?? 0;
}

function record(
  around: Surroundings,
  ifname: string,
  links: readonly Link[],
  change: (neighbours: Record<string, { lladdr: string }>) => void,
): Promise<EvlnetError[]> {
  const state = updateState(
    around.state.file,
    (draft: StateDocument) => {
      const { neighbours: before, ...entry } = namedPort(ifname, draft, links).entry;
      const neighbours = { ...before };
      change(neighbours);
      draft.ports[ifname] = Object.keys(neighbours).length === 0 ? entry : { ...entry, neighbours };
    },
    around.stateOptions,
  );
  return confirm(around, state);
}

/** An entry that no packet will use is probably a mistake. */
function warnAboutRoute({ warn }: Surroundings, way: Way | Refusal, dst: string, ifname: string): void {
  if (typeof way === 'number')
    warn(
      way === Refusal.NotOnLink
        ? `${dst} is an address of this host`
        : `${dst} is not on the link of "${ifname}": nothing will be sent there`,
      `evlnet route show dev ${ifname}`,
    );
}

/** The text of an address that one host can have: RFC 1122 §3.2.1.3. */
export function hostOf(address: number): string {
  const text = formatIpv4(address);
  const first = address >>> 24;
  if (first === 0 || first === 127 || first >= 224)
    throw usage(
      'EVL_ADDRESS',
      `argument "${text}" is wrong: no host can have that address`,
      'write it as 10.10.10.10',
    );
  return text;
}

const none = (address: number, ifname: string) =>
  new EvlnetError(
    'EVL_NO_NEIGHBOUR',
    `Cannot find neighbour ${formatIpv4(address)} on "${ifname}": no such entry (ENOENT)`,
    { hint: `evlnet neigh show dev ${ifname}`, errno: 2 },
  );
