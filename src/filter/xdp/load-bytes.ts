// bpf_skb_load_bytes() and bpf_skb_load_bytes_relative(), net/core/filter.c, at XDP: r1 context, r2 offset, r3 buffer, r4 length, r5 the
// header that the offset counts from. As theirs, a buffer is zeros after a failure. r1 to r5 are lost.
import { type Assembler, Call, r0, r1, r2, r3, r4, r5 } from '../../bpf/asm.js';
import type { Size } from '../../bpf/instruction.js';
import type { Value } from '../analysis/value.js';
import { MAC_HEADER } from '../context.js';
import { EFAULT, largest, MAX_FRAME, OCTETS, REAL } from './frame.js';

/** enum bpf_hdr_start_off, <linux/bpf.h>. */
const HeaderStart = { Mac: 0, Net: 1 } as const;
/** More octets are the helper's: it costs about 30 ns, a copied word half of one. */
const MAX_DIRECT = 64;
/** Where nothing is known of the buffer's alignment, octets go one by one. */
const MAX_DIRECT_UNALIGNED = 16;

export interface LoadBytes {
  readonly offset: Value;
  readonly buffer: Value;
  readonly length: Value;
  /** Undefined: from the network header. */
  readonly start: Value | undefined;
  /** Differs from that of every other place. */
  readonly label: string;
  readonly withoutPerfmon: boolean;
}

export function appendLoadBytes(a: Assembler, o: LoadBytes): void {
  const from = o.offset.kind === 'constant' ? o.offset.value >>> 0 : undefined;
  const length = o.length.kind === 'constant' ? o.length.value >>> 0 : undefined;
  const base = baseOf(o.start);
  const at = from === undefined || base === undefined ? undefined : from + base;
  const isShort = length !== undefined && length <= (isAligned(o.buffer) ? MAX_DIRECT : MAX_DIRECT_UNALIGNED);
  const failed = `${o.label}-failed`;
  if (at !== undefined && at + (length ?? 1) > MAX_FRAME) {
    appendZeros(a, o, length);
    a.mov(r0, -EFAULT);
  } else if (isShort && (at !== undefined || !o.withoutPerfmon)) {
    if (at !== undefined) appendFixed(a, at, length, o.buffer, failed);
    else {
      appendStart(a, o, failed);
      appendVariable(a, length, o.buffer, failed);
    }
    a.mov(r0, 0).goto(`${o.label}-done`).label(failed);
    appendStores(a, length, o.buffer);
    a.mov(r0, -EFAULT).label(`${o.label}-done`);
  } else {
    appendZeros(a, o, length);
    if (at !== undefined) a.mov(r2, at);
    else appendStart(a, o, failed);
    a.load('dw', r1, r1, REAL.context)
      .call(Call.xdpLoadBytes)
      .jump('==', r0, 0, `${o.label}-done`)
      .label(failed)
      .mov(r0, -EFAULT)
      .label(`${o.label}-done`);
  }
}

/** Octets before the header, if known. */
function baseOf(start: Value | undefined): number | undefined {
  if (start === undefined) return MAC_HEADER;
  if (start.kind !== 'constant') return undefined;
  const header = start.value >>> 0;
  return header === HeaderStart.Mac ? 0 : header === HeaderStart.Net ? MAC_HEADER : MAX_FRAME;
}

/** r2: offset in the frame, not beyond the largest. */
function appendStart(a: Assembler, o: LoadBytes, failed: string): void {
  const base = baseOf(o.start);
  a.alu32('mov', r2, r2).jump('>', r2, MAX_FRAME, failed);
  if (base !== undefined) {
    a.alu('add', r2, base);
    return;
  }
  a.alu32('mov', r5, r5)
    .jump('==', r5, HeaderStart.Mac, `${o.label}-mac`)
    .jump('!=', r5, HeaderStart.Net, failed)
    .alu('add', r2, MAC_HEADER)
    .label(`${o.label}-mac`);
}

function appendFixed(a: Assembler, at: number, length: number, buffer: Value, failed: string): void {
  a.load('dw', r5, r1, REAL.dataEnd)
    .load('dw', r1, r1, REAL.data)
    .mov(r0, r1)
    .alu('add', r0, at + length)
    .jump('>', r0, r5, failed);
  // An instruction's offset has 16 bits.
  const isFar = at + length > 0x7fff;
  if (isFar) a.alu('add', r1, at);
  appendCopy(a, isFar ? 0 : at, length, buffer);
}

function appendVariable(a: Assembler, length: number, buffer: Value, failed: string): void {
  a.jump('>', r2, MAX_FRAME - length, failed)
    .load('dw', r5, r1, REAL.dataEnd)
    .load('dw', r1, r1, REAL.data)
    .alu('add', r1, r2)
    .mov(r0, r1)
    .alu('add', r0, length)
    .jump('>', r0, r5, failed);
  appendCopy(a, 0, length, buffer);
}

/** On the stack, where the verifier asks for alignment and data flow knows it. */
const isAligned = (buffer: Value): buffer is { kind: 'frame'; offset: number } =>
  buffer.kind === 'frame' && buffer.offset !== undefined;

/** The pieces that a buffer is written in. */
function pieces(length: number, buffer: Value): { at: number; size: Size }[] {
  const list: { at: number; size: Size }[] = [];
  for (let at = 0; at < length; at += OCTETS[list.at(-1)!.size])
    list.push({ at, size: isAligned(buffer) ? largest(buffer.offset + at, length - at) : 'b' });
  return list;
}

function appendCopy(a: Assembler, from: number, length: number, buffer: Value): void {
  for (const { at, size } of pieces(length, buffer)) a.load(size, r0, r1, from + at).store(size, r3, at, r0);
}

function appendStores(a: Assembler, length: number, buffer: Value): void {
  for (const { at, size } of pieces(length, buffer)) a.store(size, r3, at, 0);
}

/** The helper leaves a buffer as it was where it fails: zeros before it, also of a length that only the verifier knows the bound of. */
function appendZeros(a: Assembler, o: LoadBytes, length: number | undefined): void {
  if (length !== undefined && isAligned(o.buffer)) {
    appendStores(a, length, o.buffer);
    return;
  }
  // r5 may still be wanted.
  const isWanted = o.start !== undefined && o.start.kind !== 'constant';
  if (isWanted) a.store('dw', r1, REAL.scratch, r5);
  a.mov(r0, r3)
    .mov(r5, r4)
    .label(`${o.label}-zero`)
    .store('b', r0, 0, 0)
    .alu('add', r0, 1)
    .alu('sub', r5, 1)
    .jump('>', r5, 0, `${o.label}-zero`);
  if (isWanted) a.load('dw', r5, r1, REAL.scratch);
}
