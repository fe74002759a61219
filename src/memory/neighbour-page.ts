// The neighbour table as it lies in memory that both sides see: the out-of-band side writes it, the in-band side reads it without asking.
//
//   word  0        1      2         3       4       5               6
//         version  slot   address   state   hi, 16  lo, 32 of MAC   second of the last change

/** States, numbered as NUD_* of <linux/neighbour.h>. */
export const NeighbourState = {
  /** The place is free. */
  None: 0,
  Incomplete: 0x01,
  Reachable: 0x02,
  Stale: 0x04,
  Delay: 0x08,
  Probe: 0x10,
  Failed: 0x20,
  NoArp: 0x40,
  Permanent: 0x80,
} as const;
export type NeighbourState = (typeof NeighbourState)[keyof typeof NeighbourState];

/** There is a MAC address to send to: NUD_VALID. */
export const VALID_STATES =
  NeighbourState.Reachable |
  NeighbourState.Stale |
  NeighbourState.Delay |
  NeighbourState.Probe |
  NeighbourState.NoArp |
  NeighbourState.Permanent;

/** That address is known to be right: NUD_CONNECTED. */
export const CONNECTED_STATES = NeighbourState.Reachable | NeighbourState.NoArp | NeighbourState.Permanent;

/** net.ipv4.neigh.default.gc_thresh3, as far as it goes. */
export const NEIGHBOURS = 1024;
export const NEIGHBOUR_STRIDE = 8;
export const NEIGHBOUR_PAGE_LENGTH = NEIGHBOURS * NEIGHBOUR_STRIDE * 4;

export const NeighbourWord = {
  /** Odd while the entry is being written. */
  Version: 0,
  Slot: 1,
  Address: 2,
  State: 3,
  MacHi: 4,
  MacLo: 5,
  ChangedS: 6,
} as const;

/** One entry, as read. */
export interface NeighbourEntry {
  readonly slot: number;
  readonly address: number;
  readonly state: NeighbourState;
  readonly macHi: number;
  readonly macLo: number;
  /** CLOCK_MONOTONIC. */
  readonly changedS: number;
}

const ATTEMPTS = 8;

/** Every entry that is there now. One that changes while it is read is read again. */
export function readNeighbours(words: Int32Array): NeighbourEntry[] {
  const found: NeighbourEntry[] = [];
  for (let i = 0; i < NEIGHBOURS; i++) {
    const at = i * NEIGHBOUR_STRIDE;
    if (Atomics.load(words, at + NeighbourWord.State) === NeighbourState.None) continue;
    const entry = readEntry(words, at);
    if (entry.state !== NeighbourState.None) found.push(entry);
  }
  return found;
}

/** Whether a neighbour is being asked for that was not known before: there may be something that waits for it. */
export function isAsking(words: Int32Array): boolean {
  for (let i = 0; i < NEIGHBOURS; i++)
    if (Atomics.load(words, i * NEIGHBOUR_STRIDE + NeighbourWord.State) === NeighbourState.Incomplete)
      return true;
  return false;
}

function readEntry(words: Int32Array, at: number): NeighbourEntry {
  const word = (n: number) => Atomics.load(words, at + n);
  for (let attempt = 1; ; attempt++) {
    const version = word(NeighbourWord.Version);
    const entry = {
      slot: word(NeighbourWord.Slot),
      address: word(NeighbourWord.Address) >>> 0,
      state: word(NeighbourWord.State) as NeighbourState,
      macHi: word(NeighbourWord.MacHi),
      macLo: word(NeighbourWord.MacLo) >>> 0,
      changedS: word(NeighbourWord.ChangedS),
    };
    const isWhole = version % 2 === 0 && word(NeighbourWord.Version) === version;
    if (isWhole || attempt === ATTEMPTS) return entry;
  }
}
