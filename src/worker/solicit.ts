import { EvlnetError } from '../errors.js';
import {
  CONNECTED_STATES,
  type NeighbourEntry,
  NeighbourState,
  readNeighbours,
} from '../memory/neighbour-page.js';
import type { InBand } from './in-band.js';
import { lookFor } from './patience.js';

const { Stale, Failed } = NeighbourState;

/**
 * Has the worker ask for a neighbour of an evlnet VLAN port, until it is known to be there: its entry then; undefined where it does not
 * answer in time, or `signal` aborts meanwhile.
 */
export const solicit = (
  worker: InBand,
  ifname: string,
  address: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<NeighbourEntry | undefined> =>
  lookFor(timeoutMs, signal, async () => {
    const slot = slotOf(worker, ifname);
    const entry = () =>
      readNeighbours(worker.outOfBand.neighbours).find((n) => n.slot === slot && n.address === address);
    const before = entry();
    // One that is being asked for already goes on to be; who did not answer is asked again.
    if (before === undefined || (before.state & (Failed | Stale)) !== 0)
      await worker.outOfBand.command({ kind: 'solicit', slot, address });
    const now = entry();
    if (now === undefined) throw noPlace();
    return (now.state & CONNECTED_STATES) === 0 ? undefined : now;
  });

function slotOf({ ports }: InBand, ifname: string): number {
  const port = ports.find((p) => p.ifname === ifname);
  if (port !== undefined) return port.vid;
  throw new EvlnetError('EVL_NO_PORT', `Cannot find an enabled port "${ifname}" (ENODEV)`, {
    hint: `evlnet port enable ${ifname}`,
    errno: 19,
  });
}

// EVL: dst_neigh_lookup() finds none.
const noPlace = () =>
  new EvlnetError('EVL_NO_NEIGHBOUR', 'Cannot solicit a neighbour: the table has no place left (ENOENT)', {
    hint: 'permanent neighbours take all of it: evlnet neigh del HOST dev IFNAME',
    errno: 2,
  });
