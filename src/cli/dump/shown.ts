import type { TappedFrame } from './frame-tap.js';

/** What is made of each frame. */
export interface Shown {
  /** Frames are told of from now on. */
  begin(text: string): void;
  /** `ns` since 1970. False where nobody reads it any more. */
  show(frame: TappedFrame, ns: bigint, reason: string): boolean;
  /** `frames` were shown, `lost` could not be told of. */
  end(frames: number, lost: number): void;
}
