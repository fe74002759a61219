import type { System } from './system.js';

/** Where a command prints; process.stdout and process.stderr are such. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** All that the command line has of the world, so that tests can give it another one. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What starts this program again: node, its options, the script. */
  readonly self: readonly string[];
  /** Aborts when a running command shall end with its summary: Ctrl-C, SIGTERM, SIGHUP, nobody reads stdout any more. */
  readonly stop: () => AbortSignal;
  readonly system: System;
}
