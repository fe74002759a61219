// How a filter reads the packet: LD_ABS and LD_IND (net/core/filter.c: bpf_skb_load_helper_*, bpf_internal_load_pointer_neg_helper in
// kernel/bpf/core.c), bpf_skb_load_bytes() and bpf_skb_load_bytes_relative(). Offset 0 is the first octet behind the MAC header.
import { type Instruction, Mode } from '../../bpf/instruction.js';
import { sizeOf } from '../analysis/state.js';
import { MAC_HEADER } from '../context.js';
import { swapTop } from './alu.js';
import type { Emitter } from './emitter.js';
import { Scratch } from './emitter.js';
import { Global } from './imports.js';
import { loadOf, storeOf } from './memory.js';
import { Bulk, I32, I64, Op } from './opcode.js';

/** Offsets from here on count from the network header, from the MAC header: <linux/filter.h>. */
const SKF_NET_OFF = -0x100000;
const SKF_LL_OFF = -0x200000;
const EFAULT = -14;
/** No frame is longer. */
const LONGEST = 0xffff;

/** r0 = what is there, in host order; the function ends with 0 where the packet does before. */
export function emitFrameLoad(e: Emitter, i: Instruction): void {
  const { code } = e;
  const size = sizeOf(i);
  if ((i.opcode & 0xe0) === Mode.ABS) {
    const offset = fromPacket(i.imm);
    if (offset === undefined || offset > LONGEST) {
      e.return(0);
      return;
    }
    code
      .getGlobal(Global.length)
      .i32(offset + size)
      .op(I32.ltS)
      .if();
    e.return(0);
    code.end();
    // The MAC header lies before the packet: a load's own offset cannot be negative.
    code.getGlobal(Global.packet).i32(MAC_HEADER).op(I32.sub);
    code.access(loadOf(size), offset + MAC_HEADER);
  } else {
    e.pushLow(i.src).i32(i.imm).op(I32.add).tee(Scratch.at).i32(0).op(I32.ltS).if();
    code.get(Scratch.at).i32(SKF_LL_OFF).op(I32.ltS).if();
    e.return(0);
    code.end();
    code.get(Scratch.at).i32(SKF_NET_OFF).op(I32.sub);
    code
      .get(Scratch.at)
      .i32(SKF_LL_OFF + MAC_HEADER)
      .op(I32.sub);
    code.get(Scratch.at).i32(SKF_NET_OFF).op(I32.geS, Op.select).set(Scratch.at).end();
    code.get(Scratch.at).getGlobal(Global.length).i32(size).op(I32.sub, I32.gtS).if();
    e.return(0);
    code.end();
    code.getGlobal(Global.packet).get(Scratch.at).op(I32.add).access(loadOf(size), 0);
  }
  if (size > 1) swapTop(e, size * 8);
  e.pop(0);
}

function fromPacket(k: number): number | undefined {
  if (k >= 0) return k;
  if (k >= SKF_NET_OFF) return k - SKF_NET_OFF;
  return k >= SKF_LL_OFF ? k - SKF_LL_OFF - MAC_HEADER : undefined;
}

/** Copies of a known length up to this are loads and stores in line. */
const INLINE = 64;

export const emitLoadBytes = (e: Emitter): void => loadBytes(e, 0, 0x7fff_ffff);

const START = { mac: 0, network: 1 } as const;

export function emitLoadBytesRelative(e: Emitter): void {
  const { code } = e;
  const start = e.constant(5);
  if (start === START.mac || start === START.network) {
    loadBytes(e, start === START.mac ? MAC_HEADER : 0, 0xffff);
    return;
  }
  e.pushLow(5).op(I32.eqz).if();
  loadBytes(e, MAC_HEADER, 0xffff);
  code.else();
  // Any other start fails, as an offset beyond all packets does.
  e.push(2).i64(0xffffffff);
  e.pushLow(5).i32(START.network).op(I32.eq, Op.select);
  e.pop(2);
  loadBytes(e, 0, 0xffff);
  code.end();
}

/** (r2: offset, r3: to, r4: length), the offset counted from `before` octets before the packet. Where that fails, `to` becomes zeros. */
function loadBytes(e: Emitter, before: number, lastOffset: number): void {
  const { code } = e;
  const length = e.constant(4);
  const inline = length !== undefined && length > 0 && length <= INLINE ? length : undefined;
  let to = 0;
  if (inline === undefined) {
    e.pushLow(4);
    e.addressOfLength(3, true);
    code.get(Scratch.count).set(Scratch.from).get(Scratch.count).i32(4).op(I32.shrU);
    e.chargeTop();
    code.get(Scratch.from).set(Scratch.count);
  } else {
    to = e.address(3, 0, inline, true);
    code.set(Scratch.at).i32(inline).set(Scratch.count);
  }

  e.pushLow(2).tee(Scratch.from).i32(lastOffset).op(I32.gtU);
  code.get(Scratch.from).op(I64.extendI32U).get(Scratch.count).op(I64.extendI32U, I64.add);
  code.getGlobal(Global.length).i32(before).op(I32.add, I64.extendI32U, I64.gtU, I32.or).if();
  if (inline === undefined)
    code
      .get(Scratch.at)
      .i32(0)
      .get(Scratch.count)
      .op(...Bulk.fill);
  else
    for (const { at, size } of pieces(inline))
      code
        .get(Scratch.at)
        .i64(0)
        .access(storeOf(size), to + at);
  code.i64(EFAULT);
  e.pop(0);
  code.else();
  code.getGlobal(Global.packet).get(Scratch.from).op(I32.add).i32(before).op(I32.sub).set(Scratch.from);
  if (inline === undefined)
    code
      .get(Scratch.at)
      .get(Scratch.from)
      .get(Scratch.count)
      .op(...Bulk.copy);
  else
    for (const { at, size } of pieces(inline))
      code
        .get(Scratch.at)
        .get(Scratch.from)
        .access(loadOf(size), at)
        .access(storeOf(size), to + at);
  code.i64(0);
  e.pop(0);
  code.end();
}

/** `length` octets as loads of 8, 4, 2 and 1. */
function* pieces(length: number): Generator<{ at: number; size: number }> {
  let at = 0;
  for (const size of [8, 4, 2, 1]) for (; length - at >= size; at += size) yield { at, size };
}
