// The kernel runs a filter as it is (a socket filter in BPF_PROG_TEST_RUN has its data behind the MAC header, as in EVL), and what
// evlnet made of it, on the same frames.
import { type MapSpec, MapType, type ProgramSpec } from '../../src/bpf/program.js';
import { EvlnetError } from '../../src/errors.js';
import { COUNTERS, HIDDEN, VLANS, xsks } from '../../src/filter/maps.js';
import { TAP } from '../../src/filter/tap.js';
import { vlanTable } from '../../src/filter/vlan-table.js';
import {
  type BpfMap,
  createMaps,
  fillSlots,
  loadProgram,
  type Program,
  type TestRun,
  testRun,
} from '../../src/linux/bpf.js';
import { macOctets, RESPONDER } from '../build-frame.js';
import type { Filter } from './assembled.js';

const EINVAL = 22;
/** struct __sk_buff, <linux/bpf.h>. */
const CONTEXT_LENGTH = 192;
const IFINDEX = 40;

/** What the kernel is told of the device that a frame came in by; its address is RESPONDER's. */
export function contextOf(ifindex: number): Uint8Array {
  const context = new Uint8Array(CONTEXT_LENGTH);
  new DataView(context.buffer).setUint32(IFINDEX, ifindex, true);
  return context;
}

/** A program with the filter's maps and evlnet's own, which are its alone. */
export class Loaded {
  readonly maps: Map<string, BpfMap>;
  readonly #program: Program;

  constructor(
    { object }: Filter,
    program: ProgramSpec,
    vlans = vlanTable([], [], responder),
    /** Programs that it goes on to, by name. */
    tails: ReadonlyMap<string, ProgramSpec> = new Map(),
  ) {
    const specs = [VLANS, COUNTERS, HIDDEN, TAP, xsks(1)].map((spec): [string, MapSpec] => [spec.name, spec]);
    this.maps = createMaps(new Map([...specs, ...object.maps]));
    try {
      const called = new Map([...tails].map(([name, spec]) => [name, loadProgram(spec, this.maps)]));
      for (const map of this.maps.values()) if (map.spec.type === MapType.ProgArray) fillSlots(map, called);
      for (const tail of called.values()) tail.close();
      this.#program = loadProgram(program, this.maps);
    } catch (error) {
      this.#closeMaps();
      throw error;
    }
    for (let at = 0; at < vlans.length; at += 8)
      if (vlans.subarray(at, at + 8).some((octet) => octet !== 0))
        this.maps.get(VLANS.name)!.update(at / 8, vlans.subarray(at, at + 8));
  }

  run(frame: Uint8Array, context?: Uint8Array): TestRun {
    return testRun(this.#program, frame, context ? { context } : {});
  }

  /** Undefined where the kernel makes no packet of the frame: an IPv4 or IPv6 header is cut. */
  runIfAble(frame: Uint8Array, context?: Uint8Array): TestRun | undefined {
    try {
      return this.run(frame, context);
    } catch (error) {
      if (error instanceof EvlnetError && error.errno === EINVAL) return undefined;
      throw error;
    }
  }

  /** What it returns. */
  judge(frame: Uint8Array, context?: Uint8Array): number {
    return this.run(frame, context).result;
  }

  judgeIfAble(frame: Uint8Array, context?: Uint8Array): number | undefined {
    return this.runIfAble(frame, context)?.result;
  }

  close(): void {
    this.#program.close();
    this.#closeMaps();
  }

  #closeMaps(): void {
    for (const m of this.maps.values()) m.close();
  }
}

const responder = Uint8Array.from(macOctets(RESPONDER.mac));
