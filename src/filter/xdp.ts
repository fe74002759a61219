// The program of a base device without a filter.
import { Assembler, r1, r5, r6, r7 } from '../bpf/asm.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';
import { bound, NO_STAMP, type Stamp } from './stamp.js';
import { appendVlanRule } from './vlan-rule.js';
import { hookWith } from './xdp/hook.js';
import { XdpMd } from './xdp/xdp-md.js';

/** The VLAN rule alone; with a `stamp` it stamps what it takes (stamp.ts), tapped it tells of all (tap.ts). Maps: vlans, counters, xsks, tap. */
export function vlanRule(stamp: Stamp = NO_STAMP, isTapped = false): ProgramSpec {
  const a = new Assembler('evlnet_vlan', ProgramType.Xdp);
  a.line('the frame').mov(r6, r1).load('w', r7, r6, XdpMd.data).load('w', r5, r6, XdpMd.dataEnd);
  appendVlanRule(a, hookWith(stamp, isTapped));
  return bound(a.program(), stamp);
}
