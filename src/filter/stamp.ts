// What the XDP program puts in front of a frame that it takes, while somebody wants to know when the driver had it: metadata of
// Documentation/networking/af_xdp.rst, which comes with the frame, in native and in generic mode, copied or not.
//
//   -16 mark      -12 zero      -8 bpf_ktime_get_ns()      0 frame
//
// A buffer keeps what was in it. So each time that stamping begins has a mark of its own, and who reads a stamp takes its mark away: a frame
// that the program did not stamp never shows the time of another.

/** Octets of a stamp. */
export const STAMP_LENGTH = 16;
/** From its beginning. */
export const STAMP_TIME = 8;
/** Marks go from 1 to that, and round again; 0: nothing is stamped. */
export const MAX_MARK = 0x7fff_ffff;
