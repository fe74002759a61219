// A filter as its author wrote it, in the kernel as EVL loads it: a socket filter.
import type { ObjectProgram, ObjectSpec } from '../bpf/object.js';
import { ProgramType } from '../bpf/program.js';
import { type BpfMap, createMaps, loadProgram, type Program } from '../linux/bpf.js';
import { explain } from './explain.js';

export interface Untouched {
  readonly program: Program;
  /** By the name in the object. */
  readonly maps: ReadonlyMap<string, BpfMap>;
  close(): void;
}

/** Loads it on no device. What the verifier has against it is thrown as EVL_FILTER, in the author's lines. */
export function loadUntouched(object: ObjectSpec, program: ObjectProgram): Untouched {
  const maps = createMaps(object.maps);
  const closeMaps = () => {
    for (const map of maps.values()) map.close();
  };
  const spec = { ...program, type: ProgramType.SocketFilter };
  try {
    const loaded = loadProgram(spec, maps);
    return {
      program: loaded,
      maps,
      close() {
        loaded.close();
        closeMaps();
      },
    };
  } catch (error) {
    closeMaps();
    throw explain(error, spec, `load filter "${program.name}" of "${object.name}"`);
  }
}

/** Throws what the author must mend before any back end need look at it. */
export const verifyUntouched = (object: ObjectSpec, program: ObjectProgram): void =>
  loadUntouched(object, program).close();
