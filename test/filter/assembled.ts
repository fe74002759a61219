import { Assembler } from '../../src/bpf/asm.js';
import type { ObjectProgram, ObjectSpec } from '../../src/bpf/object.js';
import { type MapSpec, ProgramType } from '../../src/bpf/program.js';

export interface Filter {
  readonly object: ObjectSpec;
  readonly program: ObjectProgram;
}

/** The object that a compiler would have made of what `write` assembles. */
export function assembled(name: string, write: (a: Assembler) => Assembler, maps: MapSpec[] = []): Filter {
  const program = { ...write(new Assembler(name, ProgramType.SocketFilter)).program(), section: 'socket' };
  return {
    object: {
      name: `${name}.o`,
      license: 'GPL',
      programs: [program],
      maps: new Map(maps.map((m) => [m.name, m])),
      btf: undefined,
      notes: [],
    },
    program,
  };
}
