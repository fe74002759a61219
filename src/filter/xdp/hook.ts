// The XDP hook: struct xdp_md and enum xdp_action, <linux/bpf.h>.
import { Call, r1, r2, r3, r5, r6, r7 } from '../../bpf/asm.js';
import { XSKS } from '../maps.js';
import type { Hook } from '../vlan-rule.js';

export const XdpMd = { data: 0, dataEnd: 4, ingressIfindex: 12, rxQueueIndex: 16 } as const;
const XDP_DROP = 1;
const XDP_PASS = 2;

/** r5: end of the frame. Maps: xsks. */
export const xdpHook: Hook = {
  pass: XDP_PASS,
  drop: XDP_DROP,
  reach(a, octets, otherwise) {
    a.mov(r2, r7).alu('add', r2, octets).jump('>', r2, r5, otherwise);
  },
  take(a) {
    a.line('to the socket of this queue')
      .map(r1, XSKS)
      .load('w', r2, r6, XdpMd.rxQueueIndex)
      .mov(r3, XDP_PASS)
      .call(Call.redirectMap);
  },
};
