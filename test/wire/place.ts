// Octets where an arena would have them: anywhere in a larger buffer of one DataView, with noise around.

export interface Placed {
  view: DataView;
  at: number;
  end: number;
  /** The octets now. */
  octets(): Uint8Array;
  /** Did anything outside `at`..`end` change? */
  isNoiseIntact(): boolean;
}

const NOISE = 0xa5;
const MARGIN = 64;

/** `offset` 1 makes it begin at an odd address. */
export function place(octets: Iterable<number>, offset = 0): Placed {
  const values = [...octets];
  const at = MARGIN + offset;
  const end = at + values.length;
  const memory = new Uint8Array(end + MARGIN).fill(NOISE);
  memory.set(values, at);
  return {
    view: new DataView(memory.buffer),
    at,
    end,
    octets: () => memory.slice(at, end),
    isNoiseIntact: () => memory.every((octet, i) => octet === NOISE || (i >= at && i < end)),
  };
}
