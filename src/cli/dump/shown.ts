import type { TappedFrame } from './frame-tap.js';

/** What is made of each frame. Who reads it is waited for: frames wait in the rings of the kernel, and are counted where those are full. */
export interface Shown {
  /** Frames are told of from now on. */
  begin(text: string): Promise<boolean>;
  /** `ns` since 1970. False where nobody reads it any more. */
  show(frame: TappedFrame, ns: bigint, reason: string): Promise<boolean>;
  /** `frames` were shown, `lost` could not be told of. */
  end(frames: number, lost: number): Promise<boolean>;
}
