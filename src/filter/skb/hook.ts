// The hooks that see a packet as the kernel's stack does: struct __sk_buff, with the data at the MAC header. There the outer tag is
// mostly beside the frame already: skb_vlan_untag(), net/core/skbuff.c, ran before.
import { type Assembler, Call, r0, r1, r2, r3, r4, r6, r7, r9, r10 } from '../../bpf/asm.js';
import { Field, MAC_HEADER } from '../context.js';
import { type Hook, INNERMOST, PASS, SWAP } from '../vlan-rule.js';

/** enum tcx_action_base, <linux/bpf.h>. */
const TCX_NEXT = -1;
const TCX_DROP = 2;
/** What a packet socket keeps of a frame: all of it. */
const SNAP_LENGTH = 0x40000;

/** Where the first octets of the frame are copied to, as far as they are asked for. */
export const HEADER = -32;
/** What reaching so far adds: a tag's four octets. */
const TAG_LENGTH = 4;
const DOT1Q = 0x0081;

/** Appends: r7 at the MAC header of the packet in r6. */
export function appendHeader(a: Assembler, otherwise: string): void {
  a.line('MAC header').mov(r7, r10).alu('add', r7, HEADER);
  appendLoad(a, 0, MAC_HEADER, otherwise);
}

function appendLoad(a: Assembler, at: number, octets: number, otherwise: string): void {
  a.mov(r1, r6)
    .mov(r2, at)
    .mov(r3, r10)
    .alu('add', r3, HEADER + at)
    .mov(r4, octets)
    .call(Call.skbLoadBytes)
    .jump('!=', r0, 0, otherwise);
}

const reach: Hook['reach'] = (a, octets, otherwise) =>
  appendLoad(a, octets - TAG_LENGTH, TAG_LENGTH, otherwise);

/** The outer tag as the kernel keeps it, an inner one in the frame. */
const besideFrame: Hook['besideFrame'] = (a) => {
  a.load('w', r2, r6, Field.vlan_present)
    .jump('==', r2, 0, 'evlnet.in-frame')
    .load('h', r4, r7, MAC_HEADER - 2)
    .load('w', r3, r6, Field.vlan_tci)
    .jump('!=', r4, DOT1Q, INNERMOST)
    .line('QinQ: the inner tag decides');
  appendLoad(a, MAC_HEADER, TAG_LENGTH, PASS);
  a.load('h', r3, r7, MAC_HEADER)
    .load('h', r4, r7, MAC_HEADER + 2)
    .goto(SWAP)
    .line('no tag beside the frame')
    .label('evlnet.in-frame');
};

/** TCX ingress: what evlnet takes by another way, the kernel shall not have too. */
export const tcxHook: Hook = {
  pass: TCX_NEXT,
  drop: TCX_DROP,
  reach,
  besideFrame,
  take: (a) => void a.mov(r0, TCX_DROP),
};

/** The same for a frame that `appendTag` has made what it was on the wire. */
export const wireHook: Hook = {
  pass: TCX_NEXT,
  drop: TCX_DROP,
  reach,
  take: tcxHook.take,
  restore(a) {
    // Takes off the tag beside the frame and puts the next one, which was there before, in its place.
    a.line('the tag beside the frame again')
      .jump('!=', r9, TCX_NEXT, 'evlnet.restored')
      .load('w', r2, r6, Field.vlan_present)
      .jump('==', r2, 0, 'evlnet.restored')
      .mov(r1, r6)
      .call(Call.skbVlanPop)
      .label('evlnet.restored');
  },
};

/**
 * Appends: a tag beside the packet in r6 moves into the frame, where it was on the wire and where filters at XDP see it. skb_vlan_push()
 * does that for the tag that it puts beside the frame: the same once more.
 */
export function appendTag(a: Assembler, otherwise: string): void {
  a.line('the tag into the frame')
    .load('w', r2, r6, Field.vlan_present)
    .jump('==', r2, 0, 'evlnet.wire')
    .load('w', r2, r6, Field.vlan_proto)
    .load('w', r3, r6, Field.vlan_tci)
    .mov(r1, r6)
    .call(Call.skbVlanPush)
    .jump('!=', r0, 0, otherwise)
    .label('evlnet.wire');
}

/** A packet socket (SOCK_RAW): what evlnet takes is what it receives. */
export const packetSocketHook: Hook = {
  pass: 0,
  drop: 0,
  reach,
  besideFrame,
  take: (a) => void a.mov(r0, SNAP_LENGTH),
};
