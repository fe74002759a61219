import type { FilterProgram } from '../filter/hook.js';
import { vlanRule } from '../filter/xdp.js';
import { type BpfMap, createMap, loadProgram, type Program, updateLink } from '../linux/bpf.js';

/**
 * What runs at the XDP hook: the VLAN rule, or a filter in its place. `shared` are evlnet's own maps: they outlive every
 * program, so that counters and sockets never start anew.
 */
export class HookProgram {
  #program: Program;
  #filter: FilterProgram | undefined;
  #maps: ReadonlyMap<string, BpfMap> = new Map();

  constructor(readonly shared: ReadonlyMap<string, BpfMap>) {
    this.#program = loadProgram(vlanRule(), shared);
  }

  get program(): Program {
    return this.#program;
  }

  /** Those of the filter, by their names in it. */
  get maps(): ReadonlyMap<string, BpfMap> {
    return this.#maps;
  }

  /**
   * Puts `filter` (undefined: the VLAN rule) in the place of the present program, which `link` holds at the hook unless it
   * is negative. The filter's maps are made anew, unless they are the specifications that the present ones were made from. Throws
   * with everything as it was.
   */
  replace(filter: FilterProgram | undefined, link: number): void {
    const isKept = filter !== undefined && filter.maps === this.#filter?.maps;
    const maps = isKept ? this.#maps : createMaps(filter);
    let program: Program | undefined;
    try {
      program = loadProgram(filter?.program ?? vlanRule(), new Map([...this.shared, ...maps]));
      if (link >= 0) updateLink(link, program);
    } catch (error) {
      program?.close();
      if (!isKept) closeAll(maps);
      throw error;
    }
    this.#program.close();
    if (!isKept) closeAll(this.#maps);
    this.#program = program;
    this.#maps = maps;
    this.#filter = filter;
  }

  close(): void {
    this.#program.close();
    closeAll(this.#maps);
  }
}

function createMaps(filter: FilterProgram | undefined): Map<string, BpfMap> {
  const maps = new Map<string, BpfMap>();
  try {
    for (const [name, spec] of filter?.maps ?? []) maps.set(name, createMap(spec));
    return maps;
  } catch (error) {
    closeAll(maps);
    throw error;
  }
}

const closeAll = (maps: ReadonlyMap<string, BpfMap>): void => {
  for (const map of maps.values()) map.close();
};
