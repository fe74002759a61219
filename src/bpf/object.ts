import type { Btf } from './btf.js';
import type { MapSpec, ProgramSpec } from './program.js';

/** What an object file (ELF, EM_BPF, little-endian) holds, as data: nothing is loaded. */
export interface ObjectSpec {
  /** Name of the file without folder. */
  readonly name: string;
  readonly license: string;
  /** In the order of their sections and, within one, of their addresses; each flattened with the functions that it reaches. */
  readonly programs: readonly ObjectProgram[];
  /** By the name that instructions refer to: of the variable, or of the data section (`.rodata`). */
  readonly maps: ReadonlyMap<string, MapSpec>;
  readonly btf: Btf | undefined;
}

export interface ObjectProgram extends ProgramSpec {
  /** Name of its section: `socket`, `xdp`, … */
  readonly section: string;
}
