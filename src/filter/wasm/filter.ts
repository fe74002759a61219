import type { Instruction, SourceLine } from '../../bpf/instruction.js';
import type { ObjectProgram, ObjectSpec } from '../../bpf/object.js';
import { ProgramType } from '../../bpf/program.js';
import { EvlnetError } from '../../errors.js';
import { Field } from '../context.js';
import { Verdict } from '../verdict.js';
import { Fault, type ImportName } from './imports.js';
import { drivers } from './judge.js';
import { FRAME_ROOM, type Layout } from './layout.js';
import { FilterMap, openStores } from './maps/map.js';
import { Memory } from './memory-view.js';
import { formatLine } from './print.js';
import { SK_BUFF } from './sk-buff.js';
import { translate } from './translate.js';
import { RUN_IN_KERNEL, refusal } from './unit.js';

/** What a filter is told of the device; what is left out is 0. A frame to any unicast address is for a device without lladdr. */
export interface FrameContext {
  /** 6 octets. */
  readonly lladdr?: Uint8Array;
  readonly ifindex?: number;
  readonly ingressIfindex?: number;
  readonly queueMapping?: number;
  readonly mark?: number;
  readonly priority?: number;
  readonly hash?: number;
  /** A tag that is no longer in the frame: its TPID and TCI. */
  readonly tag?: { readonly tpid: number; readonly tci: number };
}

export interface WasmFilterOptions {
  readonly context?: FrameContext;
  /** Instructions that a frame may cost in loops and functions; as many as the kernel's verifier looks at. */
  readonly budget?: number;
  /** Nanoseconds, for bpf_ktime_get_ns(). */
  readonly now?: () => number;
  /** 32 bits, for bpf_get_prandom_u32(). */
  readonly random?: () => number;
}

/** Why a filter was stopped, and where. */
export interface FilterFault {
  readonly reason: Fault;
  /** Of the program; those of programs that its tail calls lead to are counted on. */
  readonly instruction: number;
  readonly source?: SourceLine;
  readonly text: string;
}

/** Frames that lie in the memory of the filter. */
export interface FrameBatch {
  /** Room for the frames, one after another. */
  readonly octets: Uint8Array;
  /** Offset in `octets` and length of each. */
  readonly index: Uint32Array;
  /** What the filter returned for each. */
  readonly results: Uint32Array;
}

/** BPF_COMPLEXITY_LIMIT_INSNS */
const BUDGET = 1_000_000;
const LINES = 1000;
const FAULTS: Readonly<Record<Fault, string>> = {
  [Fault.Budget]: 'ran longer than its budget: does its loop end?',
  [Fault.Address]: 'used an address that it may not: is a pointer NULL, an index too large?',
  [Fault.Depth]: 'called functions deeper than 8',
};

interface Exports {
  judge(frame: number, length: number, budget: number): number;
  judgeAll(index: number, count: number, frames: number, results: number, budget: number): void;
  readonly position: WebAssembly.Global;
}

/**
 * A filter as WebAssembly: needs no privilege and no kernel, and cannot harm the process. One that does what the kernel's
 * verifier would not have let it is stopped: `judge` answers SKIP then, and `fault` tells why.
 */
export class WasmFilter {
  /** Of bpf_printk(), the first 1,000. */
  readonly lines: string[] = [];
  /** Lines that were too many. */
  linesLost = 0;
  /** Frames at which the filter was stopped. */
  faults = 0;
  /** Records for a ring buffer or perf event array, which nobody reads here. */
  records = 0;
  readonly maps: ReadonlyMap<string, FilterMap>;
  readonly #program: ObjectProgram;
  readonly #instructions: readonly Instruction[];
  readonly #layout: Layout;
  readonly #memory: Memory;
  readonly #exports: Exports;
  readonly #budget: number;
  #reason: Fault = Fault.Budget;
  #instruction = 0;
  #batch = { index: 0, results: 0, frames: 0, count: 0 };

  /** Throws EVL_FILTER_UNSUPPORTED for what WebAssembly cannot do, EVL_BPF_INVALID for what is no program. */
  static create(object: ObjectSpec, program: ObjectProgram, options: WasmFilterOptions = {}): WasmFilter {
    return new WasmFilter(object, program, options);
  }

  private constructor(object: ObjectSpec, program: ObjectProgram, options: WasmFilterOptions) {
    if (program.type !== ProgramType.SocketFilter)
      throw new EvlnetError(
        'EVL_FILTER',
        `Cannot use "${program.name}" of "${object.name}" as a filter: it is in section "${program.section}", not "socket"`,
      );
    const { octets, layout, instructions } = translate(object, program, SK_BUFF, drivers);
    this.#instructions = instructions;
    this.#program = program;
    this.#layout = layout;
    this.#budget = options.budget ?? BUDGET;
    this.#memory = room(program.name, () => new Memory(layout.frames));
    const stores = room(program.name, () => openStores(this.#memory, layout));
    const imports: Record<ImportName, (...numbers: number[]) => unknown> = {
      fault: (reason, instruction) => {
        this.#reason = reason as Fault;
        this.#instruction = instruction!;
      },
      lookup: (map, key) => stores[map!]!.lookup(key!),
      update: (map, key, value, flags) => stores[map!]!.update(key!, value!, flags!),
      remove: (map, key) => stores[map!]!.remove(key!),
      now: options.now ?? (() => Number(process.hrtime.bigint())),
      random: options.random ?? (() => Math.random() * 2 ** 32),
      print: (format, length, numbers) => this.#print(format!, length!, numbers!),
      record: () => {
        this.records++;
      },
    };
    const instance = new WebAssembly.Instance(compile(object, program, octets), {
      evlnet: { memory: this.#memory.memory, ...imports },
    });
    this.#exports = instance.exports as unknown as Exports;
    this.maps = new Map(
      [...layout.maps].flatMap(([name, place]) => {
        const store = stores[place.index];
        return store === undefined
          ? []
          : [[name, new FilterMap(place.spec, this.#memory, layout, store)] as const];
      }),
    );
    this.setContext(options.context ?? {});
  }

  /** What the filter is told from the next frame on. */
  setContext(context: FrameContext): void {
    const { view, octets } = this.#memory;
    const { context: at, device } = this.#layout;
    const set = (field: number, value: number) => view.setUint32(at + field, value, true);
    set(Field.ifindex, context.ifindex ?? 0);
    set(Field.ingress_ifindex, context.ingressIfindex ?? 0);
    set(Field.queue_mapping, context.queueMapping ?? 0);
    set(Field.mark, context.mark ?? 0);
    set(Field.priority, context.priority ?? 0);
    set(Field.hash, context.hash ?? 0);
    const { tag, lladdr } = context;
    set(Field.vlan_present, tag === undefined ? 0 : 1);
    set(Field.vlan_tci, tag?.tci ?? 0);
    view.setUint32(at + Field.vlan_proto, 0, true);
    view.setUint16(at + Field.vlan_proto, tag?.tpid ?? 0);
    view.setUint32(device, lladdr === undefined ? 0 : 1, true);
    octets.fill(0, device + 4, device + 10);
    if (lladdr !== undefined) octets.set(lladdr, device + 4);
  }

  /** What the filter returns for the frame of `length` octets at `at`, MAC header included; SKIP where it is too short for one. Allocates nothing. */
  judge(frames: DataView, at: number, length: number): number {
    const { view } = this.#memory;
    const to = this.#layout.frame;
    const taken = length < FRAME_ROOM ? length : FRAME_ROOM;
    let n = 0;
    for (; n + 4 <= taken; n += 4) view.setInt32(to + n, frames.getInt32(at + n, true), true);
    for (; n < taken; n++) view.setUint8(to + n, frames.getUint8(at + n));
    try {
      return this.#exports.judge(to, taken, this.#budget) >>> 0;
    } catch (error) {
      return this.#stopped(error);
    }
  }

  /** Room for `count` frames of `octets` in all; what an earlier call returned is void then. */
  reserve(octets: number, count: number): FrameBatch {
    const { frames } = this.#layout;
    const index = frames + Math.ceil(octets / 8) * 8;
    const results = index + count * 8;
    room(this.#program.name, () => this.#memory.reach(results + count * 4));
    this.#batch = { frames, index, results, count };
    const { buffer } = this.#memory.octets;
    return {
      octets: new Uint8Array(buffer, frames, octets),
      index: new Uint32Array(buffer, index, count * 2),
      results: new Uint32Array(buffer, results, count),
    };
  }

  /** Fills in the results of the first `count` frames of the batch. */
  judgeAll(count = this.#batch.count): void {
    const { index, frames, results } = this.#batch;
    const { position } = this.#exports;
    for (position.value = 0; position.value < count; position.value++)
      try {
        this.#exports.judgeAll(index, count, frames, results, this.#budget);
        return;
      } catch (error) {
        this.#memory.view.setUint32(results + position.value * 4, this.#stopped(error), true);
      }
  }

  /** The latest. */
  get fault(): FilterFault | undefined {
    if (this.faults === 0) return undefined;
    const instruction = this.#instruction;
    const source = this.#instructions[instruction]?.source;
    const place = source === undefined ? `instruction ${instruction}` : `${source.file}:${source.line}`;
    const text = `${place}: filter "${this.#program.name}" ${FAULTS[this.#reason]}`;
    return { reason: this.#reason, instruction, ...(source === undefined ? {} : { source }), text };
  }

  #stopped(error: unknown): number {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    this.faults++;
    return Verdict.Skip;
  }

  #print(at: number, length: number, numbers: number): number {
    const { view, octets } = this.#memory;
    const { readable, end } = this.#layout;
    if (this.lines.length === LINES) {
      // Only the count of octets is not exact from here on: nobody reads a line that is not kept.
      this.linesLost++;
      return length;
    }
    const text = octets.subarray(at, at + length);
    const last = text.indexOf(0);
    const octet = (address: bigint) =>
      address >= readable && address < end ? view.getUint8(Number(address)) : 0;
    const line = formatLine(
      String.fromCharCode(...(last < 0 ? text : text.subarray(0, last))),
      [0, 8, 16].map((n) => view.getBigUint64(numbers + n, true)),
      { octet },
    );
    this.lines.push(line);
    return line.length;
  }
}

function compile(object: ObjectSpec, program: ObjectProgram, octets: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(octets);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause;
    throw refusal({ object, program }, 0, `its ${octets.length} octets of code are too many`, RUN_IN_KERNEL);
  }
}

function room<T>(name: string, take: () => T): T {
  try {
    return take();
  } catch (cause) {
    throw new EvlnetError('EVL_NO_MEMORY', `Cannot run filter "${name}": no memory for its maps or frames`, {
      cause,
      hint: 'use smaller maps, or fewer frames at a time',
    });
  }
}
