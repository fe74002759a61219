// LD_ABS and LD_IND at XDP: BPF_LDX_MEM of classic BPF, kept by RFC 9669 §5.5 for old programs; what they mean: bpf_gen_ld_abs() and
// bpf_internal_load_pointer_neg_helper() of the kernel. r6 is the context, r0 becomes the value in host order, r1 to r5 are lost.
import { type Assembler, Call, r0, r1, r2, r3, r4, r5, r6, registerOf } from '../../bpf/asm.js';
import { type Instruction, Mode, Size } from '../../bpf/instruction.js';
import { MAC_HEADER } from '../context.js';
import { MAX_FRAME, REAL } from './frame.js';

/** Offsets from here on count from a header, <linux/filter.h>. */
export const NET_HEADER = -0x100000;
export const LINK_HEADER = -0x200000;

export interface LoadFrame {
  /** Where the function ends, with r0 = 0, when the frame is too short. */
  readonly short: string;
  /** Differs from that of every other place. */
  readonly label: string;
  readonly withoutPerfmon: boolean;
}

const SIZE_OF = { [Size.b]: 'b', [Size.h]: 'h', [Size.w]: 'w' } as const;
const OCTETS = { b: 1, h: 2, w: 4 } as const;

/** False: it always fails. */
export function appendLoadFrame(a: Assembler, i: Instruction, o: LoadFrame): boolean {
  const size = SIZE_OF[(i.opcode & 0x18) as keyof typeof SIZE_OF];
  if ((i.opcode & 0xe0) === Mode.ABS) {
    const at = placeOf(i.imm);
    if (at === undefined || at + OCTETS[size] > MAX_FRAME) return false;
    a.load('dw', r5, r6, REAL.dataEnd)
      .load('dw', r1, r6, REAL.data)
      .mov(r0, r1)
      .alu('add', r0, at + OCTETS[size])
      .jump('>', r0, r5, o.short);
    // An instruction's offset has 16 bits.
    if (at > 0x7fff) a.alu('add', r1, at);
    a.load(size, r0, r1, at > 0x7fff ? 0 : at);
  } else {
    appendPlace(a, i, o);
    if (o.withoutPerfmon) appendThroughHelper(a, size, o.short);
    else
      a.jump('>', r2, MAX_FRAME - OCTETS[size], o.short)
        .load('dw', r5, r6, REAL.dataEnd)
        .load('dw', r1, r6, REAL.data)
        .alu('add', r1, r2)
        .mov(r0, r1)
        .alu('add', r0, OCTETS[size])
        .jump('>', r0, r5, o.short)
        .load(size, r0, r1, 0);
  }
  if (size !== 'b') a.swap(r0, size === 'h' ? 16 : 32);
  return true;
}

/** Offset in the frame. */
function placeOf(k: number): number | undefined {
  if (k >= 0) return k + MAC_HEADER;
  if (k >= NET_HEADER) return k - NET_HEADER + MAC_HEADER;
  return k >= LINK_HEADER ? k - LINK_HEADER : undefined;
}

/** The same at run time, into r2. */
function appendPlace(a: Assembler, i: Instruction, { label, short }: LoadFrame): void {
  a.alu32('mov', r2, registerOf(i.src))
    .alu32('add', r2, i.imm)
    .jump32('s>=', r2, 0, `${label}-net`)
    .jump32('s<', r2, NET_HEADER, `${label}-link`)
    .alu32('sub', r2, NET_HEADER)
    .label(`${label}-net`)
    .alu('add', r2, MAC_HEADER)
    .goto(`${label}-place`)
    .label(`${label}-link`)
    .jump32('s<', r2, LINK_HEADER, short)
    .alu32('sub', r2, LINK_HEADER)
    .label(`${label}-place`);
}

/** Without CAP_PERFMON no packet pointer may be moved by a variable. */
function appendThroughHelper(a: Assembler, size: 'b' | 'h' | 'w', short: string): void {
  a.jump('>', r2, MAX_FRAME, short)
    .load('dw', r1, r6, REAL.context)
    .mov(r3, r6)
    .alu('add', r3, REAL.scratch)
    .mov(r4, OCTETS[size])
    .call(Call.xdpLoadBytes)
    .jump('!=', r0, 0, short)
    .load(size, r0, r6, REAL.scratch);
}
