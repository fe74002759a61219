import type { System as ConfigurationSystem } from '../configuration/system.js';
import type { Holder } from '../linux/xdp-holder.js';

export type { Worker } from '../configuration/system.js';

/** What the commands ask of kernel and workers; tests put their own in place. */
export interface System extends ConfigurationSystem {
  /** Who loaded an XDP program. */
  xdpHolder(progId: number): Promise<Holder>;
  /** Runs a program until it ends, or `signal` interrupts it as Ctrl-C would; hands out its lines as they come. */
  lines(
    command: string,
    words: readonly string[],
    signal: AbortSignal,
    onLine: (line: string) => void,
  ): Promise<{ readonly code: number; readonly stderr: string }>;
  /** Runs a program in our place, on our terminal; returns its exit code. */
  runInherited(command: string, words: readonly string[]): Promise<number>;
}
