// Where a translated filter finds the real frame. On the stack of its entry function, downwards from r10:
//
//   the filter's own stack │ struct __sk_buff, as far as it is used │ struct xdp_md * │ data │ data_end │ scratch
//                          ▲ what the filter takes for its context
//
// So whoever was given the context, also in another function, has the rest just below it. In the entry function itself, registers
// that the filter leaves alone hold them: no load, no latency.
import { type Assembler, type Register, r1 } from '../../bpf/asm.js';
import type { Size } from '../../bpf/instruction.js';

export const REAL = { context: -8, data: -16, dataEnd: -24, scratch: -32 } as const;
export type Real = Exclude<keyof typeof REAL, 'scratch'>;

/** Registers of the present function that hold them. */
export type Held = Readonly<Partial<Record<Real, Register>>>;
export const NOTHING_HELD: Held = {};

/** Frames of more octets are none: the verifier knows no packet offset beyond, bpf_xdp_load_bytes() neither. */
export const MAX_FRAME = 0xffff;
export const EFAULT = 14;

export const OCTETS = { b: 1, h: 2, w: 4, dw: 8 } as const;

/** The largest piece that is aligned at that place and has at most `left` octets. */
export const largest = (at: number, left: number): Size =>
  (['dw', 'w', 'h'] as const).find((size) => at % OCTETS[size] === 0 && left >= OCTETS[size]) ?? 'b';

/** The register that holds it; otherwise appends its load into `into`, by way of the context in `context`. */
export function reach(a: Assembler, what: Real, held: Held, context: Register, into: Register): Register {
  const register = held[what];
  if (register === undefined) a.load('dw', into, context, REAL[what]);
  return register ?? into;
}

/** r1: the real context, by way of the filter's in `context`. */
export function reachContext(a: Assembler, held: Held, context: Register): void {
  const register = reach(a, 'context', held, context, r1);
  if (register !== r1) a.mov(r1, register);
}
