// The kernel runs a filter as it is (a socket filter in BPF_PROG_TEST_RUN has its data behind the MAC header, as in EVL), and what
// evlnet made of it, on the same frames.
import type { ProgramSpec } from '../../src/bpf/program.js';
import { EvlnetError } from '../../src/errors.js';
import { COUNTERS, HIDDEN, VLANS, xsks } from '../../src/filter/maps.js';
import { type BpfMap, createMap, loadProgram, type Program, testRun } from '../../src/linux/bpf.js';
import type { Filter } from './assembled.js';

const EINVAL = 22;

/** The filter's maps and evlnet's own. */
export function createMaps({ object }: Filter): Map<string, BpfMap> {
  const specs = [VLANS, COUNTERS, HIDDEN, xsks(1), ...object.maps.values()];
  return new Map(specs.map((spec) => [spec.name, createMap(spec)]));
}

export class Oracle {
  readonly #maps: Map<string, BpfMap>;
  readonly #original: Program;
  /** The kernel would not make a packet of these: an IPv4 or IPv6 header is cut. */
  refused = 0;
  readonly verdicts = new Map<number, number>();

  constructor(readonly filter: Filter) {
    this.#maps = createMaps(filter);
    this.#original = loadProgram(filter.program, this.#maps);
  }

  /** What the untouched filter returns; undefined where the kernel refuses the frame. */
  judge(frame: Uint8Array, context?: Uint8Array): number | undefined {
    try {
      const { result } = testRun(this.#original, frame, context ? { context } : {});
      this.verdicts.set(result, (this.verdicts.get(result) ?? 0) + 1);
      return result;
    } catch (error) {
      if (!(error instanceof EvlnetError) || error.errno !== EINVAL) throw error;
      this.refused++;
      return undefined;
    }
  }

  close(): void {
    this.#original.close();
    for (const m of this.#maps.values()) m.close();
  }
}

/** A translation, loaded with maps of its own. */
export class Translated {
  readonly maps: Map<string, BpfMap>;
  readonly #program: Program;

  constructor(filter: Filter, spec: ProgramSpec) {
    this.maps = createMaps(filter);
    this.#program = loadProgram(spec, this.maps);
  }

  judge(frame: Uint8Array, context?: Uint8Array): number {
    return testRun(this.#program, frame, context ? { context } : {}).result;
  }

  close(): void {
    this.#program.close();
    for (const m of this.maps.values()) m.close();
  }
}
