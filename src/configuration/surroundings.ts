import type { StateOptions } from '../state/file.js';
import type { StatePath } from '../state/path.js';
import type { System } from './system.js';

/** Where a change of the configuration takes place: a command's context is one, and so is what the library makes for a call. */
export interface Surroundings {
  readonly system: System;
  readonly state: StatePath;
  /** For readState and updateState: their warnings are told as ours. */
  readonly stateOptions: StateOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what keeps the change from doing what was probably meant. */
  warn(message: string, hint?: string): void;
}
