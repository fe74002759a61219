// Octets where an arena would have them: anywhere in a larger buffer of one DataView, with noise around.

export interface Placed {
  view: DataView;
  words: Uint16Array;
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
  const length = end + MARGIN;
  const buffer = new ArrayBuffer(length + (length % 2));
  const memory = new Uint8Array(buffer).fill(NOISE);
  memory.set(values, at);
  return {
    view: new DataView(buffer),
    words: new Uint16Array(buffer),
    at,
    end,
    octets: () => memory.slice(at, end),
    isNoiseIntact: () => memory.every((octet, i) => octet === NOISE || (i >= at && i < end)),
  };
}
