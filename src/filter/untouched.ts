// A filter as its author wrote it, in the kernel as EVL loads it: a socket filter.
import type { ObjectProgram, ObjectSpec } from '../bpf/object.js';
import { MapType, ProgramType } from '../bpf/program.js';
import { type BpfMap, createMaps, fillSlots, loadProgram, type Program } from '../linux/bpf.js';
import { explain } from './explain.js';

export interface Untouched {
  readonly program: Program;
  /** By the name in the object. */
  readonly maps: ReadonlyMap<string, BpfMap>;
  close(): void;
}

/**
 * Loads it on no device, with the programs that its tail calls lead to. What the verifier has against one of them is thrown
 * as EVL_FILTER, in the author's lines.
 */
export function loadUntouched(object: ObjectSpec, program: ObjectProgram): Untouched {
  const maps = createMaps(object.maps);
  const tails = new Map<string, Program>();
  const close = (held: ReadonlyMap<string, { close(): void }>) => {
    for (const one of held.values()) one.close();
  };
  try {
    const arrays = [...maps.values()].filter((map) => map.spec.type === MapType.ProgArray);
    const names = new Set(arrays.flatMap((map) => [...(map.spec.slots?.values() ?? [])]));
    for (const tail of object.programs)
      if (names.has(tail.name)) tails.set(tail.name, load(object, tail, maps));
    for (const array of arrays) fillSlots(array, tails);
    const loaded = load(object, program, maps);
    return {
      program: loaded,
      maps,
      close() {
        loaded.close();
        close(maps);
      },
    };
  } catch (error) {
    close(maps);
    throw error;
  } finally {
    // The array that holds them is reference enough.
    close(tails);
  }
}

function load(object: ObjectSpec, program: ObjectProgram, maps: ReadonlyMap<string, BpfMap>): Program {
  const spec = { ...program, type: ProgramType.SocketFilter };
  try {
    return loadProgram(spec, maps);
  } catch (error) {
    throw explain(error, spec, `load filter "${program.name}" of "${object.name}"`);
  }
}

/** Throws what the author must mend before any back end need look at it. */
export const verifyUntouched = (object: ObjectSpec, program: ObjectProgram): void =>
  loadUntouched(object, program).close();
