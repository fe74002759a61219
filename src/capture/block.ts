/** Frames that lie in one buffer, by number pairs: nothing is made per frame. */
export interface FrameBlock {
  /** Where the frames are; holds until the next block is asked for. */
  readonly octets: Uint8Array;
  /** First octet of a frame in `octets`, its destination address. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /** When it was captured, in nanoseconds since 1970, where somebody wants to know; 0 where nobody does. */
  readonly times?: BigUint64Array | undefined;
  count: number;
  /** Of them, frames that the capture holds only the beginning of. */
  cut: number;
}

/** The most frames of one block. */
export const BLOCK_FRAMES = 16384;

/** A block of these frames. */
export function blockOf(frames: readonly Uint8Array[]): FrameBlock {
  const block = newBlock(new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0)));
  let at = 0;
  for (const frame of frames) {
    block.octets.set(frame, at);
    add(block, at, frame.length, frame.length);
    at += frame.length;
  }
  return block;
}

/** `count` frames of the block from frame `i` on, over the same octets. */
export const part = (block: FrameBlock, i: number, count: number): FrameBlock => ({
  octets: block.octets,
  offsets: block.offsets.subarray(i, i + count),
  lengths: block.lengths.subarray(i, i + count),
  count,
  cut: 0,
});

/** A block without frames, to be filled; with their times where those are wanted. */
export const newBlock = (octets: Uint8Array, isTimed = false): FrameBlock => ({
  octets,
  times: isTimed ? new BigUint64Array(BLOCK_FRAMES) : undefined,
  offsets: new Uint32Array(BLOCK_FRAMES),
  lengths: new Uint32Array(BLOCK_FRAMES),
  count: 0,
  cut: 0,
});

export const isFull = (block: FrameBlock): boolean => block.count === BLOCK_FRAMES;

/** Adds a frame; not to a full block. */
export function add(block: FrameBlock, offset: number, length: number, original: number): void {
  block.offsets[block.count] = offset;
  block.lengths[block.count] = length;
  block.count++;
  if (original > length) block.cut++;
}
