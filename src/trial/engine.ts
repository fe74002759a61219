import type { FrameBlock } from '../capture/block.js';

/** In place of an answer, where the engine cannot run the filter on a frame. */
export const NOT_RUN = -1;

/** What runs a filter on frames of a capture. */
export interface Engine {
  readonly name: 'kernel' | 'wasm';
  /** Memory that frames had best lie in, where that saves copying them. */
  readonly buffer?: Uint8Array;
  /** Writes what the filter returned for each frame, or NOT_RUN. */
  judge(block: FrameBlock, answers: Float64Array): void;
  /** How often each rule decided, the default last; undefined where the filter is not made from rules. */
  hits(): readonly number[] | undefined;
  /** What it printed since it was asked last. */
  lines(): string[];
  /** Frames at which the filter was stopped for what no verifier would have let it do, and the latest reason. */
  stopped(): { readonly count: number; readonly text: string } | undefined;
  close(): void;
}
