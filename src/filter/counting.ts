import { type Assembler, Call, r0, r1, r2, r8, r10 } from '../bpf/asm.js';
import { COUNTERS } from './maps.js';

const KEY = -4;

/** Appends `counters[r8]++`; falls through at `next`. Uses r0 to r5 and the top of the stack. */
export const countInto = (a: Assembler, next: string): Assembler =>
  a
    .line('counters[verdict]++')
    .store('w', r10, KEY, r8)
    .map(r1, COUNTERS.name)
    .mov(r2, r10)
    .alu('add', r2, KEY)
    .call(Call.mapLookupElem)
    .jump('==', r0, 0, next)
    .load('dw', r1, r0, 0)
    .alu('add', r1, 1)
    .store('dw', r0, 0, r1)
    .label(next);
