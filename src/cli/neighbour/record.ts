import type { NeighbourStatus } from '../../control/messages.js';
import type { KernelNeighbour } from '../../linux/neighbour.js';
import { NeighbourState, VALID_STATES } from '../../memory/neighbour-page.js';
import { dotted } from '../dotted.js';

/** One host on the link, as `ip -j neigh` has it. */
export interface NeighbourRecord {
  readonly dst: string;
  readonly dev: string;
  /** Absent where it is not known. */
  readonly lladdr?: string;
  readonly state: readonly string[];
  /** Seconds since it was last told or changed; with `-s`. */
  readonly updated?: number;
}

/** Of a worker's table. */
export const statusRecord = (n: NeighbourStatus, withAge: boolean): NeighbourRecord => ({
  dst: dotted(n.address),
  dev: n.ifname,
  ...(n.lladdr === undefined ? {} : { lladdr: n.lladdr }),
  state: stateWords(n.state),
  ...(withAge ? { updated: n.ageS } : {}),
});

/** Of the kernel's table. */
export const kernelRecord = (dev: string, { address, state, lladdr }: KernelNeighbour): NeighbourRecord => ({
  dst: dotted(address),
  dev,
  ...(lladdr === undefined || (state & VALID_STATES) === 0 ? {} : { lladdr: macText(lladdr) }),
  state: stateWords(state),
});

/** Of the state file. */
export const recordedRecord = (dev: string, address: number, lladdr: string): NeighbourRecord => ({
  dst: dotted(address),
  dev,
  lladdr,
  state: stateWords(NeighbourState.Permanent),
});

/** ip(8)'s words. */
export const stateWords = (state: number): string[] =>
  Object.entries(NeighbourState)
    .filter(([, bit]) => (state & bit) !== 0)
    .map(([name]) => name.toUpperCase());

const macText = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':');
