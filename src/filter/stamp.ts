// What the XDP program puts in front of a frame that it takes, while somebody wants to know when the driver had it: metadata of
// Documentation/networking/af_xdp.rst, which comes with the frame, in native and in generic mode, copied or not.
//
//   -24 hardware      -16 mark      -12 kind      -8 bpf_ktime_get_ns()      0 frame
//
// A buffer keeps what was in it. So each time that stamping begins has a mark of its own, and who reads a stamp takes its mark away: a frame
// that the program did not stamp never shows the time of another. The NIC's own time is there where the kind says so, 0 where the NIC had none
// for this frame; and then a program that is bound to its interface has put it there (Documentation/networking/xdp-rx-metadata.rst).
import type { ProgramSpec } from '../bpf/program.js';

/** Octets of a stamp, without the NIC's time and with it. */
export const STAMP_LENGTH = 16;
export const HARDWARE_STAMP_LENGTH = 24;
/** From the frame, backwards. */
export const STAMP_MARK = 16;
export const STAMP_KIND = 12;
export const STAMP_TIME = 8;
export const STAMP_HARDWARE = 24;
/** Kind of a stamp with the NIC's time; without it is 0. */
export const HARDWARE = 1;
/** Marks go from 1 to that, and round again; 0: nothing is stamped. */
export const MAX_MARK = 0x7fff_ffff;
/** The kernel's function that asks the driver for the NIC's time, Linux 6.3. */
export const RX_TIMESTAMP = 'bpf_xdp_metadata_rx_timestamp';

/** What a program puts in front of the frames that it takes. */
export interface Stamp {
  readonly mark: number;
  /** The interface whose NIC is asked for its time; undefined: none is. */
  readonly boundTo?: number | undefined;
}

export const NO_STAMP: Stamp = { mark: 0 };

/** The program that stamps so. */
export const bound = (program: ProgramSpec, { boundTo }: Stamp): ProgramSpec =>
  boundTo === undefined ? program : { ...program, boundTo };
