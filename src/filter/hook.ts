import type { MapSpec, ProgramSpec } from '../bpf/program.js';

/** A filter as the XDP hook runs it: a program of type Xdp, and the maps that it brings along. */
export interface FilterProgram {
  readonly program: ProgramSpec;
  /** By the name that its instructions refer to; evlnet's own are not among them. */
  readonly maps: ReadonlyMap<string, MapSpec>;
}
