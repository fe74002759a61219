import { type FilterProgram, loadFilter } from '../filter/load.js';
import { type BpfMap, type Program, updateLink } from '../linux/bpf.js';

/**
 * What runs at a hook: the VLAN rule, or a filter in its place. `shared` are evlnet's own maps: they outlive every
 * program, so that counters and sockets never start anew.
 */
export class HookProgram {
  #alone: FilterProgram;
  #filter: FilterProgram;
  #program: Program;
  #maps: ReadonlyMap<string, BpfMap> = new Map();

  constructor(
    readonly shared: ReadonlyMap<string, BpfMap>,
    vlanRule: FilterProgram['program'],
  ) {
    this.#alone = { program: vlanRule, maps: new Map() };
    this.#filter = this.#alone;
    this.#program = loadFilter(this.#filter, shared).program;
  }

  get program(): Program {
    return this.#program;
  }

  get instructions(): number {
    return this.#filter.program.instructions.length;
  }

  /** Those of the filter, by their names in it. */
  get maps(): ReadonlyMap<string, BpfMap> {
    return this.#maps;
  }

  /** What decides from the next `replace` on where there is no filter. */
  set vlanRule(program: FilterProgram['program']) {
    this.#alone = { ...this.#alone, program };
  }

  /**
   * Puts `filter` (undefined: the VLAN rule) in the place of the present program, which `link` holds at the hook unless it
   * is negative. The filter's maps are made anew, unless they are the specifications that the present ones were made from. Throws
   * with everything as it was.
   */
  replace(filter: FilterProgram | undefined, link: number): void {
    const next = filter ?? this.#alone;
    const isKept = next.maps === this.#filter.maps;
    const loaded = loadFilter(next, this.shared, isKept ? this.#maps : undefined);
    try {
      if (link >= 0) updateLink(link, loaded.program);
    } catch (error) {
      loaded.close();
      throw error;
    }
    this.#program.close();
    if (!isKept) this.#closeMaps();
    this.#program = loaded.program;
    this.#maps = loaded.maps;
    this.#filter = next;
  }

  close(): void {
    this.#program.close();
    this.#closeMaps();
  }

  #closeMaps(): void {
    for (const map of this.#maps.values()) map.close();
  }
}
