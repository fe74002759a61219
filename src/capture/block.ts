/** Frames that lie in one buffer, by number pairs: nothing is made per frame. */
export interface FrameBlock {
  /** Where the frames are; holds until the next block is asked for. */
  readonly octets: Uint8Array;
  /** First octet of a frame in `octets`, its destination address. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  count: number;
  /** Of them, frames that the capture holds only the beginning of. */
  cut: number;
}

const FRAMES = 16384;

export const newBlock = (octets: Uint8Array): FrameBlock => ({
  octets,
  offsets: new Uint32Array(FRAMES),
  lengths: new Uint32Array(FRAMES),
  count: 0,
  cut: 0,
});

export const isFull = (block: FrameBlock): boolean => block.count === FRAMES;

/** Adds a frame; not to a full block. */
export function add(block: FrameBlock, offset: number, length: number, original: number): void {
  block.offsets[block.count] = offset;
  block.lengths[block.count] = length;
  block.count++;
  if (original > length) block.cut++;
}
