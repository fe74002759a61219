// The XDP hook: enum xdp_action, <linux/bpf.h>.
import { type Assembler, Call, r0, r1, r2, r3, r5, r6, r7, r10 } from '../../bpf/asm.js';
import { XSKS } from '../maps.js';
import {
  HARDWARE,
  HARDWARE_STAMP_LENGTH,
  RX_TIMESTAMP,
  STAMP_KIND,
  STAMP_LENGTH,
  STAMP_MARK,
  STAMP_TIME,
  type Stamp,
} from '../stamp.js';
import { appendTap } from '../tap.js';
import type { Hook } from '../vlan-rule.js';
import { XdpMd } from './xdp-md.js';

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

/**
 * The hook with the time in front of each frame that it takes (stamp.ts), as far as the driver has room for it; mark 0: without. `isTapped`: it
 * tells of all frames (tap.ts).
 */
export const hookWith = (stamp: Stamp, isTapped: boolean): Hook => ({
  ...xdpHook,
  ...(stamp.mark === 0 ? {} : { take: takeStamped(stamp) }),
  ...(isTapped ? { tell: appendTap } : {}),
});

/** Offset from r10 of the NIC's time. */
const HARDWARE_TIME = -8;

const takeStamped =
  ({ mark, boundTo }: Stamp): Hook['take'] =>
  (a) => {
    const length = boundTo === undefined ? STAMP_LENGTH : HARDWARE_STAMP_LENGTH;
    if (boundTo !== undefined) askNic(a);
    a.line('the time, in front of the frame')
      .mov(r1, r6)
      .mov(r2, -length)
      .call(Call.xdpAdjustMeta)
      .jump('!=', r0, 0, 'evlnet.unstamped')
      .call(Call.ktimeGetNs)
      .load('w', r1, r6, XdpMd.dataMeta)
      .load('w', r2, r6, XdpMd.data)
      .mov(r3, r1)
      .alu('add', r3, length)
      .jump('>', r3, r2, 'evlnet.unstamped')
      .store('w', r1, length - STAMP_MARK, mark)
      .store('w', r1, length - STAMP_KIND, boundTo === undefined ? 0 : HARDWARE)
      .store('dw', r1, length - STAMP_TIME, r0);
    if (boundTo !== undefined) a.load('dw', r2, r10, HARDWARE_TIME).store('dw', r1, 0, r2);
    a.label('evlnet.unstamped');
    xdpHook.take(a);
    // The kernel would not merge packets (GRO) that differ in what is in front of them.
    a.line('not taken: as it came')
      .jump('!=', r0, XDP_PASS, 'evlnet.redirected')
      .mov(r1, r6)
      .mov(r2, length)
      .call(Call.xdpAdjustMeta)
      .mov(r0, XDP_PASS)
      .label('evlnet.redirected');
  };

/** Some NICs have their time where a stamp goes, in front of the frame (igc): it is taken before anything is written there. */
function askNic(a: Assembler): void {
  a.line("the NIC's time")
    .store('dw', r10, HARDWARE_TIME, 0)
    .mov(r1, r6)
    .mov(r2, r10)
    .alu('add', r2, HARDWARE_TIME)
    .callKernel(RX_TIMESTAMP)
    .jump('==', r0, 0, 'evlnet.asked')
    .line('it has none')
    .store('dw', r10, HARDWARE_TIME, 0)
    .label('evlnet.asked');
}
