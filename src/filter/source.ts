import type { VerdictName } from './verdict.js';

/** What a filter is made from, as the user said it and as the state file keeps it. */
export type FilterSource = ObjectSource | RulesSource | AllSource;

export interface ObjectSource {
  /** Absolute path of an eBPF object file. */
  readonly object: string;
  /** The function in it; absent = the first program of a section `socket`. */
  readonly program?: string;
  /** Of the file when it was installed, hexadecimal. */
  readonly sha256?: string;
}

export interface RulesSource {
  /** The first that matches decides. */
  readonly rules: readonly Rule[];
  readonly default: VerdictName;
}

export interface AllSource {
  readonly all: VerdictName;
}

export interface Rule {
  /** pcap-filter(7) */
  readonly match: string;
  readonly verdict: VerdictName;
}
