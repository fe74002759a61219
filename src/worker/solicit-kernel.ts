import { type KernelNeighbour, kernelNeighbours, probeNeighbour, useNeighbour } from '../linux/neighbour.js';
import { CONNECTED_STATES, NeighbourState } from '../memory/neighbour-page.js';
import { lookFor } from './patience.js';

const { None, Stale, Delay, Failed } = NeighbourState;

/** Has the kernel ask for a neighbour on a device of its own, until it is known to be there; undefined where it does not answer in time. */
export const solicitKernel = (
  ifindex: number,
  address: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<KernelNeighbour | undefined> =>
  lookFor(timeoutMs, signal, async () => {
    const known = kernelNeighbours().find((n) => n.ifindex === ifindex && n.address === address);
    const state = known?.state ?? None;
    if ((state & CONNECTED_STATES) !== 0) return known;
    // The kernel would believe one of these for another five seconds; EVL has it doubt at once.
    if ((state & (Stale | Delay)) !== 0) probeNeighbour(ifindex, address);
    else if (state === None || state === Failed) useNeighbour(ifindex, address);
    return undefined;
  });
