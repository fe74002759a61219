import type { StateOptions } from '../state/file.js';
import type { StatePath } from '../state/path.js';
import type { Arguments } from './arguments.js';
import type { Globals } from './globals.js';
import type { Io } from './io.js';
import type { Printer } from './print/printer.js';
import type { System } from './system.js';

/** What the `run` of a command gets. */
export interface Context {
  readonly io: Io;
  readonly system: System;
  readonly globals: Readonly<Globals>;
  readonly arguments: Arguments;
  readonly print: Printer;
  readonly env: Io['env'];
  /** The state file of this call, and whether somebody named it. */
  readonly state: StatePath;
  /** For readState and updateState: their warnings are printed as ours. */
  readonly stateOptions: StateOptions;
  /** `Warning: …` and `Hint: …` on stderr. */
  warn(message: string, hint?: string): void;
}
