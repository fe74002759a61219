import { addressOf } from '../../configuration/host-address.js';
import { type RecordedPort, recordedPorts } from '../../configuration/recorded-port.js';
import type { NeighbourStatus } from '../../control/messages.js';
import { EvlnetError } from '../../errors.js';
import type { Link } from '../../linux/link.js';
import type { KernelNeighbour } from '../../linux/neighbour.js';
import type { PortState, StateDocument } from '../../state/schema.js';
import type { Context } from '../context.js';
import type { Globals } from '../globals.js';
import { kernelRecord, type NeighbourRecord, recordedRecord, statusRecord } from './record.js';

const NOARP = 'NOARP';

/**
 * The neighbours of the ports that `isWanted` picks: as the worker has them; where none runs, as it would find them. As ip(8) does it leaves
 * out those without ARP, multicast groups among them, unless -a is given.
 */
export async function listNeighbours(
  context: Context,
  state: StateDocument,
  links: readonly Link[],
  isWanted: (port: RecordedPort) => boolean,
): Promise<NeighbourRecord[]> {
  const { globals, system } = context;
  const ports = recordedPorts(state, links).filter(isWanted);
  if (ports.length === 0) return [];
  const running = await runningTables(context, new Set(ports.map((p) => p.baseName)));
  const kernel = ports.every((p) => running.has(p.baseName)) ? [] : await system.neighbours();
  return neighboursOf(ports, running, kernel, globals);
}

/** The same from what was read: `running` has the tables of workers, by device. */
export function neighboursOf(
  ports: readonly RecordedPort[],
  running: ReadonlyMap<string, readonly NeighbourStatus[]>,
  kernel: readonly KernelNeighbour[],
  wanted: Pick<Globals, 'all' | 'statistics'>,
): NeighbourRecord[] {
  const all = ports.flatMap((port) => {
    const table = running.get(port.baseName);
    return table
      ? byAddress(table.filter((n) => n.ifname === port.ifname)).map((n) =>
          statusRecord(n, wanted.statistics),
        )
      : withoutWorker(port, kernel);
  });
  return wanted.all ? all : all.filter(({ state }) => !state.includes(NOARP));
}

/** The tables of the workers of those devices; one that does not answer is told of, and taken for none. */
async function runningTables(
  context: Context,
  devices: ReadonlySet<string>,
): Promise<Map<string, readonly NeighbourStatus[]>> {
  const { system } = context;
  const tables = new Map<string, readonly NeighbourStatus[]>();
  for (const { device, folder, isAlive } of await system.workers(context.state)) {
    if (!isAlive || !devices.has(device)) continue;
    try {
      tables.set(device, (await system.ask(folder, { cmd: 'neighbours' })).neighbours);
    } catch (error) {
      if (!(error instanceof EvlnetError)) throw error;
      context.warn(error.message, error.hint);
    }
  }
  return tables;
}

const withoutWorker = (
  { ifname, kernel, entry }: RecordedPort,
  known: readonly KernelNeighbour[],
): NeighbourRecord[] =>
  kernel === undefined
    ? byAddress(recorded(entry)).map(({ address, lladdr }) => recordedRecord(ifname, address, lladdr))
    : byAddress(known.filter((n) => n.ifindex === kernel.ifindex && n.state !== 0)).map((n) =>
        kernelRecord(ifname, n),
      );

const recorded = ({ neighbours = {} }: PortState) =>
  Object.entries(neighbours).map(([dst, { lladdr }]) => ({ address: addressOf(dst), lladdr }));

const byAddress = <N extends { readonly address: number }>(neighbours: readonly N[]): N[] =>
  [...neighbours].sort((a, b) => a.address - b.address);
