import { type MapSpec, MapType, type ProgramSpec } from '../bpf/program.js';
import { type BpfMap, createMaps, fillSlots, loadProgram, type Program } from '../linux/bpf.js';
import { explain } from './explain.js';

/** A filter as the XDP hook runs it: a program of type Xdp, and what it brings along. */
export interface FilterProgram {
  readonly program: ProgramSpec;
  /** By the name that its instructions refer to; evlnet's own are not among them. */
  readonly maps: ReadonlyMap<string, MapSpec>;
  /** Programs that it goes on to by tail calls, by name. */
  readonly tails?: ReadonlyMap<string, ProgramSpec>;
}

/** A `FilterProgram` in the kernel. */
export interface LoadedFilter {
  readonly program: Program;
  readonly maps: ReadonlyMap<string, BpfMap>;
  close(): void;
}

/**
 * Loads the program, and its maps unless `maps` are they; `shared` are evlnet's own. `close` ends what was loaded, not what was
 * given. Throws with nothing left, and what the verifier has against it in the author's lines.
 */
export function loadFilter(
  filter: FilterProgram,
  shared: ReadonlyMap<string, BpfMap>,
  maps?: ReadonlyMap<string, BpfMap>,
): LoadedFilter {
  const own = maps ?? createMaps(filter.maps);
  const closeMaps = () => {
    if (maps === undefined) for (const map of own.values()) map.close();
  };
  const load = (spec: ProgramSpec): Program => {
    try {
      return loadProgram(spec, new Map([...shared, ...own]));
    } catch (error) {
      throw explain(error, spec, `load filter "${spec.name}" at XDP`);
    }
  };
  const tails = new Map<string, Program>();
  try {
    for (const [name, spec] of filter.tails ?? []) tails.set(name, load(spec));
    for (const map of own.values()) if (map.spec.type === MapType.ProgArray) fillSlots(map, tails);
    const program = load(filter.program);
    return {
      program,
      maps: own,
      close() {
        program.close();
        closeMaps();
      },
    };
  } catch (error) {
    closeMaps();
    throw error;
  } finally {
    // The map that holds them is reference enough.
    for (const tail of tails.values()) tail.close();
  }
}
