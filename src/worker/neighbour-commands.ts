import type { NeighbourStatus } from '../control/messages.js';
import type { Commands } from '../control/server.js';
import { type NeighbourEntry, readNeighbours, VALID_STATES } from '../memory/neighbour-page.js';
import { formatMac } from '../wire/address.js';
import type { InBand } from './in-band.js';
import type { PortSetup } from './shared.js';
import { integer } from './socket-request.js';
import { solicit } from './solicit.js';

/** More than anybody waits for an answer, and less than setTimeout can hold. */
const LONGEST_MS = 1e9;

/** What other processes may ask about neighbours. */
export const neighbourCommands = (worker: InBand): Commands => ({
  neighbours: async () => {
    await worker.neighbours.catchUp();
    return { neighbours: neighboursOf(worker) };
  },
  /** Of an evlnet VLAN port. */
  solicit: async (request, connection) => {
    const gone = new AbortController();
    connection.onClose(() => gone.abort());
    const ifname = String(request.ifname);
    const entry = await solicit(
      worker,
      ifname,
      integer(request, 'address', 0, 0xffff_ffff),
      integer(request, 'timeoutMs', 1, LONGEST_MS),
      gone.signal,
    );
    return entry === undefined ? {} : { neighbour: status(entry, ifname) };
  },
  forget: async (request) => {
    const port = worker.ports.find((p) => p.ifname === request.ifname);
    const address = request.address === undefined ? undefined : integer(request, 'address', 0, 0xffff_ffff);
    if (port === undefined) return { forgotten: 0 };
    const before = entriesOf(worker, port).length;
    await worker.outOfBand.command({ kind: 'forget', slot: port.vid, address });
    return { forgotten: before - entriesOf(worker, port).length };
  },
});

const neighboursOf = (worker: InBand): NeighbourStatus[] =>
  worker.ports.flatMap((port) => entriesOf(worker, port).map((entry) => status(entry, port.ifname)));

const entriesOf = ({ outOfBand }: InBand, { vid }: PortSetup): NeighbourEntry[] =>
  readNeighbours(outOfBand.neighbours).filter((n) => n.slot === vid);

function status({ address, state, macHi, macLo, changedS }: NeighbourEntry, ifname: string): NeighbourStatus {
  const lladdr = (state & VALID_STATES) === 0 ? {} : { lladdr: formatMac(macHi, macLo) };
  // CLOCK_MONOTONIC, as the other side has it.
  const ageS = Math.max(0, process.hrtime()[0] - changedS);
  return { ifname, address, state, ...lladdr, ageS };
}
