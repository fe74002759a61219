import { basename } from 'node:path';
import { Assembler, r0 } from '../bpf/asm.js';
import { type ObjectProgram, type ObjectSpec, readObject } from '../bpf/object.js';
import { ProgramType } from '../bpf/program.js';
import { EvlnetError } from '../errors.js';
import { readRecorded } from './object-file.js';
import { compileRules } from './rules.js';
import type { FilterSource } from './source.js';
import { VERDICTS, type VerdictName } from './verdict.js';

/** A filter ready for any back end: the object, and the program in it that decides. */
export interface OpenFilter {
  readonly object: ObjectSpec;
  readonly program: ObjectProgram;
}

/** Makes the program that `source` stands for; `octets` are those of its object file. Throws what its author must know. */
export function openFilter(source: FilterSource, octets?: Uint8Array): OpenFilter {
  if ('all' in source) return allAlike(source.all);
  if ('rules' in source) {
    const object = compileRules(source);
    return { object, program: object.programs[0]! };
  }
  const object = readObject(octets!, basename(source.object));
  return { object, program: choose(object, source.program) };
}

/** The same of what was recorded; throws EVL_FILTER_CHANGED where its file is another one by now. */
export const openRecorded = (source: FilterSource): OpenFilter =>
  openFilter(source, 'object' in source ? readRecorded(source).octets : undefined);

/** EVL takes the first program of a file, whatever it is, and refuses it if it is no socket filter. */
function choose(object: ObjectSpec, name: string | undefined): ObjectProgram {
  const filters = object.programs.filter((p) => p.type === ProgramType.SocketFilter);
  const found = name === undefined ? filters[0] : object.programs.find((p) => p.name === name);
  if (found?.type === ProgramType.SocketFilter) return found;
  const names = filters.map((p) => p.name).join(', ');
  const hint =
    filters.length > 0 ? `it has ${names}` : 'put SEC("socket") in front of the function that decides';
  throw new EvlnetError(
    'EVL_FILTER',
    name === undefined
      ? `Cannot use "${object.name}" as a filter: no program of it is in a section "socket"`
      : found
        ? `Cannot use "${name}" of "${object.name}" as a filter: it is in section "${found.section}", not "socket"`
        : `Cannot find program "${name}" in "${object.name}"`,
    { hint },
  );
}

function allAlike(verdict: VerdictName): OpenFilter {
  const program: ObjectProgram = {
    ...new Assembler('bpf_netrx', ProgramType.SocketFilter)
      .mov(r0, VERDICTS.indexOf(verdict))
      .exit()
      .program(),
    section: 'socket',
  };
  const object = {
    name: `all ${verdict}`,
    license: 'GPL',
    programs: [program],
    maps: new Map(),
    btf: undefined,
    notes: [],
  };
  return { object, program };
}
