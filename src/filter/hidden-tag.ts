// Frames that the VLAN rule should have taken, seen on their way into the kernel's stack: their tag was in the skb, not in the frame.
import { Assembler, r0, r1, r2, r3, r6, r8 } from '../bpf/asm.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';
import { countInto, lookUp } from './counting.js';
import { HIDDEN, TAKE_IPV4, VLANS } from './maps.js';
import { HookCounter } from './verdict.js';

/** struct __sk_buff, <linux/bpf.h>. */
const CONTEXT = { packetType: 4, protocol: 16, vlanPresent: 20, vlanTci: 24 } as const;
const PACKET_OTHERHOST = 3;
const IPV4 = 0x0008;
/** In the map's value. */
const FILTERED = 8;

/**
 * A socket filter for a packet socket on the base device: counts HiddenTag, remembers the VID, and keeps no frame, so
 * that nothing is ever queued. The kernel takes the tag out of every frame before that, so that one of which XDP saw the
 * tag, and that a filter left in-band, looks the same: while a filter decides, none is counted. Maps: vlans, counters, hidden.
 */
export function hiddenTagWatch(): ProgramSpec {
  const a = new Assembler('evlnet_hidden', ProgramType.SocketFilter);
  a.line('IPv4 to this host, with a tag beside the frame')
    .mov(r6, r1)
    .load('w', r2, r6, CONTEXT.vlanPresent)
    .jump('==', r2, 0, 'ignore')
    .load('w', r2, r6, CONTEXT.protocol)
    .jump('!=', r2, IPV4, 'ignore')
    .load('w', r2, r6, CONTEXT.packetType)
    .jump('>=', r2, PACKET_OTHERHOST, 'ignore')
    .line('a filter may have left it in-band')
    .mapValue(r3, HIDDEN.name)
    .load('dw', r2, r3, FILTERED)
    .jump('!=', r2, 0, 'ignore');
  a.line('vlans[vid]').load('w', r8, r6, CONTEXT.vlanTci).alu('and', r8, 0xfff);
  lookUp(a, VLANS.name, r8, 'ignore')
    .load('b', r1, r0, 0)
    .alu('and', r1, TAKE_IPV4)
    .jump('==', r1, 0, 'ignore')
    .line('remember the VID')
    .mapValue(r3, HIDDEN.name)
    .store('dw', r3, 0, r8)
    .mov(r8, HookCounter.HiddenTag);
  countInto(a, 'ignore').line('keep no frame').mov(r0, 0).exit();
  return a.program();
}
