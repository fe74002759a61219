// What a switch does at its access ports, and an 802.1Q device at its base, as tc programs (<linux/pkt_cls.h>).
import { Assembler, Call, r0, r1, r2, r3, r6 } from '../bpf/asm.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';

/** TC_ACT_* */
const PASS = 0;
const DROP = 2;
/** struct __sk_buff, <linux/bpf.h>. The tag is there, not in the frame: the kernel takes it out on arrival. */
const CONTEXT = { vlanPresent: 20, vlanTci: 24 } as const;
const VID_MASK = 0xfff;
/** ETH_P_8021Q as bpf_skb_vlan_push wants it, in network order. */
const DOT1Q = 0x0081;
const BPF_F_INGRESS = 1;

/** From the host into the switch: tagged frames are not for an access port; the others get the port's tag. VID 0: none. */
export function accessIngress(vid: number): ProgramSpec {
  const a = new Assembler(`access_${vid}_in`, ProgramType.SchedCls);
  a.line('a tagged frame has no business here')
    .load('w', r2, r1, CONTEXT.vlanPresent)
    .jump('!=', r2, 0, 'drop');
  if (vid !== 0) pushTag(a, vid, 'drop');
  return end(a);
}

/** From the switch to the host: only frames of the port's VLAN, without the tag. */
export function accessEgress(vid: number): ProgramSpec {
  const a = new Assembler(`access_${vid}_out`, ProgramType.SchedCls);
  a.line('only frames of this VLAN').load('w', r2, r1, CONTEXT.vlanPresent);
  if (vid === 0) return end(a.jump('!=', r2, 0, 'drop'));
  a.jump('==', r2, 0, 'drop');
  isVlan(a, vid, 'drop');
  a.line('without its tag').call(Call.skbVlanPop).jump('!=', r0, 0, 'drop');
  return end(a);
}

/** At the base's ingress: frames of the VLAN go on, without their tag, as received by `device`. */
export function vlanIngress(vid: number, device: number): ProgramSpec {
  const a = new Assembler(`vlan_${vid}_in`, ProgramType.SchedCls);
  a.line('another VLAN: not ours')
    .mov(r6, r1)
    .load('w', r2, r1, CONTEXT.vlanPresent)
    .jump('==', r2, 0, 'pass');
  isVlan(a, vid, 'pass');
  a.line('to the VLAN device, untagged')
    .call(Call.skbVlanPop)
    .jump('!=', r0, 0, 'drop')
    .mov(r1, device)
    .mov(r2, BPF_F_INGRESS)
    .call(Call.redirect)
    .exit();
  return end(a.label('pass'));
}

/** At the VLAN device's egress: everything leaves through `base`, tagged. */
export function vlanEgress(vid: number, base: number): ProgramSpec {
  const a = new Assembler(`vlan_${vid}_out`, ProgramType.SchedCls);
  pushTag(a, vid, 'drop');
  a.line('out through the base device').mov(r1, base).mov(r2, 0).call(Call.redirect).exit();
  return a.label('drop').mov(r0, DROP).exit().program();
}

const pushTag = (a: Assembler, vid: number, failed: string) =>
  a.line(`tag ${vid}`).mov(r2, DOT1Q).mov(r3, vid).call(Call.skbVlanPush).jump('!=', r0, 0, failed);

const isVlan = (a: Assembler, vid: number, other: string) =>
  a.load('w', r2, r1, CONTEXT.vlanTci).alu('and', r2, VID_MASK).jump('!=', r2, vid, other);

const end = (a: Assembler) => a.mov(r0, PASS).exit().label('drop').mov(r0, DROP).exit().program();
