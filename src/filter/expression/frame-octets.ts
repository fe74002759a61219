// Reads the frame as it was on the wire, from the place where an EVL filter runs: behind eth_type_trans() the kernel counts from
// the network header, the Ethernet header lies before it (SKF_LL_OFF), and a tag that the driver took out is in the skb.
//
//   octet of the frame     0               12            14     16               18
//   tag in the frame       | SKF_LL_OFF + 0 .............| 0 ........................
//   tag beside the frame   | SKF_LL_OFF + 0 | vlan_proto, _tci  | SKF_LL_OFF + 12 | 0 ...
import { type Assembler, type Register, r0, r1, r2, r3, r6, r10 } from '../../bpf/asm.js';
import { Field } from '../context.js';

/** <linux/filter.h> */
const SKF_LL_OFF = -0x20_0000;

const TAG = { at: 12, end: 16 } as const;
const TAG_LENGTH = TAG.end - TAG.at;
const SIZES = { 1: 'b', 2: 'h', 4: 'w' } as const;
type Size = keyof typeof SIZES;

/** Octets on the stack where a field is put together whose parts lie apart. */
const ASSEMBLED = -8;
const POSITION = -16;

export class FrameOctets {
  /** Where the network header starts, as the kernel sees it. */
  readonly network: number;

  constructor(
    readonly assembler: Assembler,
    readonly isTagBeside: boolean,
    /** Makes a label that no other place has. */
    readonly label: () => string,
  ) {
    this.network = isTagBeside ? 18 : 14;
  }

  /** r0 = field at `offset`, in host order. The frame must be long enough; r1 to r5 are lost. */
  load(offset: number, size: Size): void {
    const a = this.assembler;
    const at = this.#place(offset, size);
    if (at !== undefined) a.loadFrame(SIZES[size], at);
    else if (this.isTagBeside && offset >= TAG.at && offset + size <= TAG.end) this.#loadTag(offset, size);
    else {
      for (let i = 0; i < size; i++) {
        this.load(offset + i, 1);
        a.store('b', r10, ASSEMBLED + i, r0);
      }
      this.#loadAssembled(size);
    }
  }

  /** As load, at `at` + `offset`. */
  loadAt(at: Register, offset: number, size: Size): void {
    const a = this.assembler;
    if (offset >= this.network) {
      a.loadFrameAt(SIZES[size], at, offset - this.network);
      return;
    }
    const [low, done] = [this.label(), this.label()];
    const beyond = this.network - offset;
    a.jump('<', at, beyond, low).loadFrameAt(SIZES[size], at, -beyond).goto(done).label(low);
    a.store('dw', r10, POSITION, at);
    for (let i = 0; i < size; i++) {
      a.load('dw', r2, r10, POSITION);
      this.#loadOctetAt(offset + i);
      a.store('b', r10, ASSEMBLED + i, r0);
    }
    this.#loadAssembled(size);
    a.label(done);
  }

  /** Where the kernel has these octets in one piece. */
  #place(offset: number, size: Size): number | undefined {
    if (offset >= this.network) return offset - this.network;
    const end = offset + size;
    if (!this.isTagBeside) return end <= this.network ? SKF_LL_OFF + offset : undefined;
    if (end <= TAG.at) return SKF_LL_OFF + offset;
    return offset >= TAG.end && end <= this.network ? SKF_LL_OFF + offset - TAG_LENGTH : undefined;
  }

  #loadTag(offset: number, size: Size): void {
    const a = this.assembler;
    this.#tag();
    const behind = (TAG.end - offset - size) * 8;
    if (behind > 0) a.alu('rsh', r0, behind);
    if (size === 1) a.alu32('and', r0, 0xff);
    if (size === 2) a.alu32('and', r0, 0xffff);
  }

  /** r0 = the tag; r1 is lost. */
  #tag(): void {
    const a = this.assembler;
    a.load('w', r0, r6, Field.vlan_proto).swap(r0, 16).alu('lsh', r0, 16);
    a.load('w', r1, r6, Field.vlan_tci).alu('or', r0, r1);
  }

  /** r0 = octet at r2 + `offset`. */
  #loadOctetAt(offset: number): void {
    const a = this.assembler;
    const [network, low, done] = [this.label(), this.label(), this.label()];
    a.alu('add', r2, offset).jump('>=', r2, this.network, network);
    if (this.isTagBeside) {
      const beside = this.label();
      a.jump('<', r2, TAG.at, low).jump('<', r2, TAG.end, beside).alu('sub', r2, TAG_LENGTH).goto(low);
      a.label(beside)
        .mov(r3, TAG.end - 1)
        .alu('sub', r3, r2)
        .alu('lsh', r3, 3);
      this.#tag();
      a.alu('rsh', r0, r3).goto(done);
    }
    a.label(low).loadFrameAt('b', r2, SKF_LL_OFF).goto(done);
    a.label(network).loadFrameAt('b', r2, -this.network);
    a.label(done);
  }

  #loadAssembled(size: Size): void {
    const a = this.assembler;
    a.load(SIZES[size], r0, r10, ASSEMBLED);
    if (size > 1) a.swap(r0, size === 2 ? 16 : 32);
  }
}
