import type { Size } from '../../bpf/instruction.js';

// Where a translated filter finds the real frame. On the stack of its entry function, downwards from r10:
//
//   the filter's own stack │ struct __sk_buff, as far as it is used │ struct xdp_md * │ data │ data_end │ scratch
//                          ▲ what the filter takes for its context
//
// So whoever was given the context, also in another function, has the rest just below it.
export const REAL = { context: -8, data: -16, dataEnd: -24, scratch: -32 } as const;

/** Frames of more octets are none: the verifier knows no packet offset beyond, bpf_xdp_load_bytes() neither. */
export const MAX_FRAME = 0xffff;
export const EFAULT = 14;

export const OCTETS = { b: 1, h: 2, w: 4, dw: 8 } as const;

/** The largest piece that is aligned at that place and has at most `left` octets. */
export const largest = (at: number, left: number): Size =>
  (['dw', 'w', 'h'] as const).find((size) => at % OCTETS[size] === 0 && left >= OCTETS[size]) ?? 'b';
