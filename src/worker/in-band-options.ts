import type { Spin } from './shared.js';

export interface InBandOptions {
  readonly device: string;
  readonly stateFile: string;
  /** Run folder, claimed by this process. */
  readonly folder: string;
  readonly spin: Spin | undefined;
  readonly cpu: string | undefined;
  readonly priority: number | undefined;
  readonly onWarning: (message: string, hint?: string) => void;
}
