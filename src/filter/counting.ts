import { type Assembler, Call, type Register, r0, r1, r2, r8, r10 } from '../bpf/asm.js';
import { COUNTERS } from './maps.js';

const KEY = -4;

/** Appends r0 = address of the value of entry `key` of an array map; to `missing` where there is none. Uses r0 to r5 and the top of the stack. */
export const lookUp = (a: Assembler, map: string, key: Register, missing: string): Assembler =>
  a
    .store('w', r10, KEY, key)
    .map(r1, map)
    .mov(r2, r10)
    .alu('add', r2, KEY)
    .call(Call.mapLookupElem)
    .jump('==', r0, 0, missing);

/** Appends `map[key]++` of a map of u64 a CPU; to `missing` where there is no such entry. */
export const increment = (a: Assembler, map: string, key: Register, missing: string): Assembler =>
  lookUp(a, map, key, missing).load('dw', r1, r0, 0).alu('add', r1, 1).store('dw', r0, 0, r1);

/** Appends `counters[r8]++`; falls through at `next`. */
export const countInto = (a: Assembler, next: string): Assembler =>
  increment(a.line('counters[verdict]++'), COUNTERS.name, r8, next).label(next);
