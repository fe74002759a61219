import type { System as ConfigurationSystem } from '../configuration/system.js';
import type { Holder } from '../linux/xdp-holder.js';

export type { Worker } from '../configuration/system.js';

/** What the commands ask of kernel and workers; tests put their own in place. */
export interface System extends ConfigurationSystem {
  /** Who loaded an XDP program. */
  xdpHolder(progId: number): Promise<Holder>;
  /** Runs a program in our place, on our terminal; returns its exit code. */
  runInherited(command: string, words: readonly string[]): Promise<number>;
}
