// What the XDP program tells of every frame while somebody dumps: what becomes of it, and a copy. In a perf event array, which has a ring a CPU.
//
//    0 bpf_ktime_get_ns()      8 octets of the frame      12 verdict, as it is counted      16 receive queue      24 the frame
import { type Assembler, Call, r0, r1, r2, r3, r4, r5, r6, r8, r10 } from '../bpf/asm.js';
import { type MapSpec, MapType } from '../bpf/program.js';
import { XdpMd } from './xdp/xdp-md.js';

/** CPU → perf event. */
export const TAP: MapSpec = {
  name: 'evlnet.tap',
  type: MapType.PerfEventArray,
  keySize: 4,
  valueSize: 4,
  maxEntries: 0,
};

/** Offsets in what comes with a frame, which begins behind it. */
export const Tapped = { time: 0, length: 8, verdict: 12, queue: 16, frame: 24 } as const;
/** Octets of a frame that are copied at most: a sample of perf holds 64 KiB. */
export const LONGEST = 16_384;

/** r6: the context; r8: the verdict. Keeps r6 to r9, takes the end of the stack. */
export function appendTap(a: Assembler): void {
  a.line('a copy for who dumps')
    .call(Call.ktimeGetNs)
    .store('dw', r10, Tapped.time - Tapped.frame, r0)
    .load('w', r1, r6, XdpMd.rxQueueIndex)
    .store('dw', r10, Tapped.queue - Tapped.frame, r1)
    // Whole first: a filter may have left a pointer there, of which only CAP_PERFMON may write a part.
    .store('dw', r10, Tapped.length - Tapped.frame, 0)
    .store('w', r10, Tapped.verdict - Tapped.frame, r8)
    .mov(r1, r6)
    .call(Call.xdpGetBuffLen)
    .store('w', r10, Tapped.length - Tapped.frame, r0)
    .jump('<=', r0, LONGEST, 'evlnet.whole')
    .mov(r0, LONGEST)
    .label('evlnet.whole')
    .alu('lsh', r0, 32)
    // BPF_F_CURRENT_CPU
    .alu32('mov', r3, -1)
    .alu('or', r3, r0)
    .mov(r1, r6)
    .map(r2, TAP.name)
    .mov(r4, r10)
    .alu('add', r4, -Tapped.frame)
    .mov(r5, Tapped.frame)
    .call(Call.perfEventOutput);
}
