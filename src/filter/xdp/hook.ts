// The XDP hook: struct xdp_md and enum xdp_action, <linux/bpf.h>.
import { Call, r0, r1, r2, r3, r5, r6, r7 } from '../../bpf/asm.js';
import { XSKS } from '../maps.js';
import { STAMP_LENGTH, STAMP_TIME } from '../stamp.js';
import type { Hook } from '../vlan-rule.js';

export const XdpMd = { data: 0, dataEnd: 4, dataMeta: 8, ingressIfindex: 12, rxQueueIndex: 16 } as const;
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

/** The hook with the time in front of each frame that it takes (stamp.ts), as far as the driver has room for it; mark 0: without. */
export const stampingHook = (mark: number): Hook =>
  mark === 0 ? xdpHook : { ...xdpHook, take: takeStamped(mark) };

const takeStamped =
  (mark: number): Hook['take'] =>
  (a) => {
    a.line('the time, in front of the frame')
      .mov(r1, r6)
      .mov(r2, -STAMP_LENGTH)
      .call(Call.xdpAdjustMeta)
      .jump('!=', r0, 0, 'evlnet.unstamped')
      .call(Call.ktimeGetNs)
      .load('w', r1, r6, XdpMd.dataMeta)
      .load('w', r2, r6, XdpMd.data)
      .mov(r3, r1)
      .alu('add', r3, STAMP_LENGTH)
      .jump('>', r3, r2, 'evlnet.unstamped')
      .store('dw', r1, 0, mark)
      .store('dw', r1, STAMP_TIME, r0)
      .label('evlnet.unstamped');
    xdpHook.take(a);
    // The kernel would not merge packets (GRO) that differ in what is in front of them.
    a.line('not taken: as it came')
      .jump('!=', r0, XDP_PASS, 'evlnet.redirected')
      .mov(r1, r6)
      .mov(r2, STAMP_LENGTH)
      .call(Call.xdpAdjustMeta)
      .mov(r0, XDP_PASS)
      .label('evlnet.redirected');
  };
