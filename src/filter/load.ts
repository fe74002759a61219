import type { MapSpec, ProgramSpec } from '../bpf/program.js';
import { type BpfMap, createMap, loadProgram, type Program } from '../linux/bpf.js';
import { capabilities } from '../linux/capabilities.js';
import type { OpenFilter } from './open.js';
import { toXdp } from './to-xdp.js';

/** A filter as the XDP hook runs it: a program of type Xdp, and the maps that it brings along. */
export interface FilterProgram {
  readonly program: ProgramSpec;
  /** By the name that its instructions refer to; evlnet's own are not among them. */
  readonly maps: ReadonlyMap<string, MapSpec>;
}

/** Translates for a process with our privileges. */
export const translate = ({ object, program }: OpenFilter, anyEthertype: boolean): FilterProgram => ({
  program: toXdp(object, program, { anyEthertype, withoutPerfmon: !capabilities().has('CAP_PERFMON') }),
  maps: object.maps,
});

/** The same in the kernel. */
export interface LoadedFilter {
  readonly program: Program;
  readonly maps: ReadonlyMap<string, BpfMap>;
  close(): void;
}

/**
 * Loads the program, and its maps unless `maps` are they; `shared` are evlnet's own. `close` ends what was loaded, not what was
 * given. Throws with nothing left.
 */
export function loadFilter(
  filter: FilterProgram,
  shared: ReadonlyMap<string, BpfMap>,
  maps?: ReadonlyMap<string, BpfMap>,
): LoadedFilter {
  const own = new Map<string, BpfMap>();
  const closeMaps = () => {
    for (const map of own.values()) map.close();
  };
  try {
    if (maps === undefined) for (const [name, spec] of filter.maps) own.set(name, createMap(spec));
    const program = loadProgram(filter.program, new Map([...shared, ...(maps ?? own)]));
    return {
      program,
      maps: maps ?? own,
      close() {
        program.close();
        closeMaps();
      },
    };
  } catch (error) {
    closeMaps();
    throw error;
  }
}
