// LD_ABS and LD_IND at XDP: BPF_LDX_MEM of classic BPF, kept by RFC 9669 §5.5 for old programs; what they mean: bpf_gen_ld_abs() and
// bpf_internal_load_pointer_neg_helper() of the kernel. r6 is the context, r0 becomes the value in host order, r1 to r4 are lost.
import { type Assembler, Call, r0, r1, r2, r3, r4, r6, registerOf } from '../../bpf/asm.js';
import { type Instruction, Mode, Size } from '../../bpf/instruction.js';
import { MAC_HEADER } from '../context.js';
import { type Held, MAX_FRAME, OCTETS, REAL, reach, reachContext } from './frame.js';

/** Offsets from here on count from a header, <linux/filter.h>. */
const NET_HEADER = -0x100000;
const LINK_HEADER = -0x200000;

export interface LoadFrame {
  readonly held: Held;
  /** Where the function ends, with r0 = 0, when the frame is too short. */
  readonly short: string;
  /** Differs from that of every other place. */
  readonly label: string;
  readonly withoutPerfmon: boolean;
}

const SIZE_OF = { [Size.b]: 'b', [Size.h]: 'h', [Size.w]: 'w' } as const;

/** Is the frame read without a call? */
export const isDirectFrameLoad = (i: Instruction, withoutPerfmon: boolean): boolean =>
  (i.opcode & 0xe0) === Mode.ABS || !withoutPerfmon;

/** False: it always fails. */
export function appendLoadFrame(a: Assembler, i: Instruction, o: LoadFrame): boolean {
  const size = SIZE_OF[(i.opcode & 0x18) as keyof typeof SIZE_OF];
  if ((i.opcode & 0xe0) === Mode.ABS) {
    const at = placeOf(i.imm);
    if (at === undefined || at + OCTETS[size] > MAX_FRAME) return false;
    const end = reach(a, 'dataEnd', o.held, r6, r4);
    const data = reach(a, 'data', o.held, r6, r1);
    a.mov(r2, data)
      .alu('add', r2, at + OCTETS[size])
      .jump('>', r2, end, o.short)
      .load(size, r0, r2, -OCTETS[size]);
  } else {
    appendPlace(a, i, o);
    if (o.withoutPerfmon) appendThroughHelper(a, size, o);
    else {
      a.jump('>', r2, MAX_FRAME - OCTETS[size], o.short);
      const end = reach(a, 'dataEnd', o.held, r6, r4);
      const data = reach(a, 'data', o.held, r6, r1);
      a.alu('add', r2, data)
        .mov(r0, r2)
        .alu('add', r0, OCTETS[size])
        .jump('>', r0, end, o.short)
        .load(size, r0, r2, 0);
    }
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
function appendThroughHelper(a: Assembler, size: 'b' | 'h' | 'w', { held, short }: LoadFrame): void {
  a.jump('>', r2, MAX_FRAME, short);
  reachContext(a, held, r6);
  a.mov(r3, r6)
    .alu('add', r3, REAL.scratch)
    .mov(r4, OCTETS[size])
    .call(Call.xdpLoadBytes)
    .jump('!=', r0, 0, short)
    .load(size, r0, r6, REAL.scratch);
}
