import type { NeighbourStatus } from '../control/messages.js';
import type { Commands } from '../control/server.js';
import { readNeighbours, VALID_STATES } from '../memory/neighbour-page.js';
import { formatMac } from '../wire/address.js';
import type { InBand } from './in-band.js';

/** What other processes may ask about neighbours. */
export const neighbourCommands = (worker: InBand): Commands => ({
  neighbours: async () => {
    await worker.neighbours.catchUp();
    return { neighbours: neighboursOf(worker) };
  },
});

function neighboursOf({ outOfBand, ports }: InBand): NeighbourStatus[] {
  // CLOCK_MONOTONIC, as the other side has it.
  const [nowS] = process.hrtime();
  return readNeighbours(outOfBand.neighbours).flatMap((n) => {
    const port = ports.find((p) => p.vid === n.slot);
    if (port === undefined) return [];
    const lladdr = (n.state & VALID_STATES) === 0 ? {} : { lladdr: formatMac(n.macHi, n.macLo) };
    const ageS = Math.max(0, nowS - n.changedS);
    return [{ ifname: port.ifname, address: n.address, state: n.state, ...lladdr, ageS }];
  });
}
