import type { Verdict } from '../../filter/verdict.js';

/** A frame that has been at the hook. */
export interface JudgedFrame {
  readonly verdict: Verdict;
  /** As many as are there of `length`. */
  readonly octets: Uint8Array;
  readonly length: number;
  /** Of the NIC, where one received it. */
  readonly queue?: number;
}

/** What the stack made of a frame that was taken: `answered`, and why it was dropped. */
export interface StackWord {
  readonly stack: string;
  readonly drop?: string;
}

/** What is made of each frame. Who reads it is waited for: frames wait in the rings of the kernel, and are counted where those are full. */
export interface Shown {
  /** Frames are told of from now on. */
  begin(text: string): Promise<boolean>;
  /** `ns` since 1970. False where nobody reads it any more. */
  show(frame: JudgedFrame, ns: bigint, reason: string, word?: StackWord): Promise<boolean>;
  /** A frame that the stack sent. */
  sent(octets: Uint8Array, ns: bigint): Promise<boolean>;
  /** Says at the end how many there were. */
  end(text: string, totals: object): Promise<boolean>;
}
