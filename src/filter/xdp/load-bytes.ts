// bpf_skb_load_bytes() and bpf_skb_load_bytes_relative(), net/core/filter.c, at XDP: r1 context, r2 offset, r3 buffer, r4 length, r5 the
// header that the offset counts from. As theirs, a buffer is zeros after a failure. r1 to r4 are lost.
import { type Assembler, Call, type Register, r0, r1, r2, r3, r4, r5, r10 } from '../../bpf/asm.js';
import type { Size } from '../../bpf/instruction.js';
import type { Value } from '../analysis/value.js';
import { MAC_HEADER } from '../context.js';
import type { Check } from './check.js';
import { EFAULT, type Held, largest, MAX_FRAME, OCTETS, REAL, reach, reachContext } from './frame.js';

/** enum bpf_hdr_start_off, <linux/bpf.h>. */
const HeaderStart = { Mac: 0, Net: 1 } as const;
/** More octets are the helper's: it costs about 30 ns, a copied word half of one. */
const MAX_DIRECT = 64;
/** Where nothing is known of the buffer's alignment, octets go one by one. */
const MAX_DIRECT_UNALIGNED = 16;

/** What is known of the arguments. */
export interface LoadBytes {
  readonly offset: Value;
  readonly buffer: Value;
  readonly length: Value;
  /** Undefined: from the network header. */
  readonly start: Value | undefined;
}

export interface Place {
  readonly held: Held;
  /** Differs from that of every other place. */
  readonly label: string;
  readonly withoutPerfmon: boolean;
  /** The register that the filter leaves alone for longest afterwards. */
  readonly lasting: Register;
  /** Where it is told whether it failed. */
  readonly check: Check | undefined;
  /** Has that appended behind the function, out of the way of frames that are long enough. */
  defer(append: () => void): void;
}

/** Is the frame read without a call? */
export function isDirect(o: LoadBytes, withoutPerfmon: boolean): boolean {
  const length = numberOf(o.length);
  const most = isAligned(o.buffer) ? MAX_DIRECT : MAX_DIRECT_UNALIGNED;
  const base = baseOf(o.start);
  if (length === undefined || length > most || base === undefined) return false;
  const offset = numberOf(o.offset);
  return offset === undefined ? !withoutPerfmon : offset + base + length <= MAX_FRAME;
}

export function appendLoadBytes(a: Assembler, o: LoadBytes, place: Place): void {
  const offset = numberOf(o.offset);
  const length = numberOf(o.length);
  const base = baseOf(o.start);
  const at = offset === undefined || base === undefined ? undefined : offset + base;
  if (isDirect(o, place.withoutPerfmon)) appendDirect(a, o, offset, base!, length!, place);
  else if (at === undefined || at + (length ?? 1) <= MAX_FRAME) appendThroughHelper(a, o, at, place);
  else {
    appendZeros(a, o, place.label);
    a.mov(r0, -EFAULT);
  }
}

const numberOf = (value: Value): number | undefined =>
  value.kind === 'constant' ? value.value >>> 0 : undefined;

/** Octets before the header, if known. */
function baseOf(start: Value | undefined): number | undefined {
  if (start === undefined) return MAC_HEADER;
  const header = numberOf(start);
  if (header === undefined) return undefined;
  return header === HeaderStart.Mac ? 0 : header === HeaderStart.Net ? MAC_HEADER : MAX_FRAME;
}

function appendDirect(
  a: Assembler,
  { buffer }: LoadBytes,
  offset: number | undefined,
  base: number,
  length: number,
  { held, lasting, label, check, defer }: Place,
): void {
  const failed = `${label}-failed`;
  const isHeld = held.data !== undefined && held.dataEnd !== undefined;
  const place = isHeld && isAligned(buffer) ? lasting : r2;
  // An offset beyond all frames: so is a negative one.
  if (offset === undefined) a.alu32('mov', place, r2).jump('>', place, MAX_FRAME - base - length, failed);
  const end = reach(a, 'dataEnd', held, r1, r4);
  const data = reach(a, 'data', held, r1, r1);
  let at = base + (offset ?? 0);
  let from = data;
  if (offset === undefined) {
    a.alu('add', place, data);
    from = place;
  }
  a.mov(r0, from)
    .alu('add', r0, at + length)
    .jump('>', r0, end, failed);
  // An instruction's offset has 16 bits.
  if (at + length > 0x7fff) {
    a.mov(r2, from).alu('add', r2, at);
    from = r2;
    at = 0;
  }
  const to = destination(buffer);
  for (const piece of pieces(length, buffer))
    a.load(piece.size, r0, from, at + piece.at).store(piece.size, to.register, to.at + piece.at, r0);
  a.mov(r0, 0);
  if (check === undefined) a.label(`${label}-done`);
  defer(() => {
    a.label(failed);
    appendStores(a, length, buffer);
    a.mov(r0, -EFAULT);
    for (const i of check?.between ?? []) a.append(i);
    if (check === undefined) a.goto(`${label}-done`);
    else a.goto(check.jumpsOnSuccess ? behind(check) : check.target);
  });
}

/** The place behind a check. */
const behind = ({ index }: Check): string => `evlnet.${index}-behind`;

/** What stands for a check once the call in front of it knows. */
export function appendCheck(a: Assembler, check: Check): void {
  if (check.jumpsOnSuccess) a.goto(check.target).label(behind(check));
}

function appendThroughHelper(a: Assembler, o: LoadBytes, at: number | undefined, place: Place): void {
  const failed = `${place.label}-failed`;
  appendZeros(a, o, place.label);
  if (at !== undefined) a.mov(r2, at);
  else appendStart(a, o, place.label, failed);
  reachContext(a, place.held, r1);
  a.call(Call.xdpLoadBytes)
    .jump('==', r0, 0, `${place.label}-done`)
    .label(failed)
    .mov(r0, -EFAULT)
    .label(`${place.label}-done`);
}

/** r2: offset in the frame. */
function appendStart(a: Assembler, o: LoadBytes, label: string, failed: string): void {
  const base = baseOf(o.start);
  a.alu32('mov', r2, r2).jump('>', r2, MAX_FRAME, failed);
  if (base === undefined)
    a.alu32('mov', r5, r5)
      .jump('==', r5, HeaderStart.Mac, `${label}-mac`)
      .jump('!=', r5, HeaderStart.Net, failed);
  a.alu('add', r2, base ?? MAC_HEADER);
  if (base === undefined) a.label(`${label}-mac`);
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

/** The stack by its own register: what the call was given for it may then be left out. */
const destination = (buffer: Value): { register: Register; at: number } =>
  isAligned(buffer) ? { register: r10, at: buffer.offset } : { register: r3, at: 0 };

function appendStores(a: Assembler, length: number, buffer: Value): void {
  const to = destination(buffer);
  for (const { at, size } of pieces(length, buffer)) a.store(size, to.register, to.at + at, 0);
}

/** The helper leaves a buffer as it was where it fails: zeros before it, also of a length that only the verifier knows the bound of. */
function appendZeros(a: Assembler, o: LoadBytes, label: string): void {
  const length = numberOf(o.length);
  if (length !== undefined && isAligned(o.buffer)) {
    appendStores(a, length, o.buffer);
    return;
  }
  // The scratch register holds what may still be wanted.
  a.store('dw', r1, REAL.scratch, r2)
    .mov(r0, r3)
    .mov(r2, r4)
    .label(`${label}-zero`)
    .store('b', r0, 0, 0)
    .alu('add', r0, 1)
    .alu('sub', r2, 1)
    .jump('>', r2, 0, `${label}-zero`)
    .load('dw', r2, r1, REAL.scratch);
}
