// The VLAN rule at XDP. EVL: kernel/evl/net/core.c, the rule behind EVL_RX_VLAN; <linux/if_vlan.h> for the tags.
import { Assembler, Call, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from '../bpf/asm.js';
import { type ProgramSpec, ProgramType } from '../bpf/program.js';
import { COUNTERS, TAKE_ARP, TAKE_IPV4, VLANS, XSKS } from './maps.js';
import { HookCounter } from './verdict.js';

/** struct xdp_md, <linux/bpf.h>. */
const CONTEXT = { data: 0, dataEnd: 4, rxQueueIndex: 16 } as const;
const XDP_PASS = 2;

const swapped = (ethertype: number) => ((ethertype & 0xff) << 8) | (ethertype >> 8);
const DOT1Q = swapped(0x8100);
const DOT1AD = swapped(0x88a8);
const IPV4 = swapped(0x0800);
const ARP = swapped(0x0806);

// Offsets in a frame: the outer tag follows the two addresses.
const OUTER = { tpid: 12, tci: 14, ethertype: 16, end: 18 } as const;
const INNER = { tci: 18, ethertype: 20, end: 22 } as const;

// Registers: r6 context, r7 frame, r8 counter, r9 return code (until then: flag wanted).
const KEY = -4;

/** Appends `counters[r8]++`. Falls through at `next`. */
export const countInto = (a: Assembler, next: string): Assembler =>
  a
    .line('counters[verdict]++')
    .store('w', r10, KEY, r8)
    .map(r1, COUNTERS.name)
    .mov(r2, r10)
    .alu('add', r2, KEY)
    .call(Call.mapLookupElem)
    .jump('==', r0, 0, next)
    .load('dw', r1, r0, 0)
    .alu('add', r1, 1)
    .store('dw', r0, 0, r1)
    .label(next);

/** Takes IPv4 (and, where asked, ARP) of the VIDs in the `vlans` map; passes everything else. Maps: vlans, counters, xsks. */
export function vlanRule(): ProgramSpec {
  const a = new Assembler('evlnet_vlan', ProgramType.Xdp);
  a.line('frame too short for a tag: in-band')
    .mov(r6, r1)
    .mov(r8, HookCounter.Skip)
    .mov(r9, XDP_PASS)
    .load('w', r7, r6, CONTEXT.data)
    .load('w', r5, r6, CONTEXT.dataEnd)
    .mov(r2, r7)
    .alu('add', r2, OUTER.end)
    .jump('>', r2, r5, 'count');
  a.line('outer tag: 802.1Q or 802.1ad')
    .load('h', r2, r7, OUTER.tpid)
    .jump('==', r2, DOT1Q, 'tagged')
    .jump('!=', r2, DOT1AD, 'count')
    .label('tagged')
    .load('h', r3, r7, OUTER.tci)
    .load('h', r4, r7, OUTER.ethertype)
    .jump('!=', r4, DOT1Q, 'innermost');
  a.line('QinQ: the inner tag decides')
    .mov(r2, r7)
    .alu('add', r2, INNER.end)
    .jump('>', r2, r5, 'count')
    .load('h', r3, r7, INNER.tci)
    .load('h', r4, r7, INNER.ethertype);
  a.line('only IPv4, and ARP for evlnet VLAN ports')
    .label('innermost')
    .mov(r9, TAKE_IPV4)
    .jump('==', r4, IPV4, 'lookup')
    .mov(r9, TAKE_ARP)
    .jump('==', r4, ARP, 'lookup')
    .goto('pass');
  a.line('vlans[vid]')
    .label('lookup')
    .swap(r3, 16)
    .alu('and', r3, 0xfff)
    .store('w', r10, KEY, r3)
    .map(r1, VLANS.name)
    .mov(r2, r10)
    .alu('add', r2, KEY)
    .call(Call.mapLookupElem)
    .jump('==', r0, 0, 'pass')
    .load('dw', r1, r0, 0)
    .mov(r2, r1)
    .alu('and', r2, r9)
    .jump('==', r2, 0, 'pass');
  a.line('group address, or ours?')
    .load('w', r2, r7, 0)
    .mov(r3, r2)
    .alu('and', r3, 1)
    .jump('!=', r3, 0, 'take')
    .load('h', r3, r7, 4)
    .alu('lsh', r3, 32)
    .alu('or', r2, r3)
    .alu('rsh', r1, 16)
    .jump('==', r1, r2, 'take')
    .mov(r8, HookCounter.OtherHost);
  countInto(a, 'other-host').mov(r8, HookCounter.Skip).goto('pass');
  a.line('to the socket of this queue')
    .label('take')
    .map(r1, XSKS)
    .load('w', r2, r6, CONTEXT.rxQueueIndex)
    .mov(r3, XDP_PASS)
    .call(Call.redirectMap)
    .mov(r8, HookCounter.Arp)
    .mov(r7, r0)
    .jump('==', r7, XDP_PASS, 'no-socket')
    .jump('!=', r9, TAKE_ARP, 'taken');
  countInto(a, 'taken').mov(r8, HookCounter.Vlan).mov(r9, r7).goto('count');
  a.line('claimed, but its queue has no socket').label('no-socket').mov(r8, HookCounter.NoSocket);
  countInto(a, 'unclaimed').mov(r8, HookCounter.Skip).label('pass').mov(r9, XDP_PASS).label('count');
  countInto(a, 'done').line('verdict').mov(r0, r9).exit();
  return a.program();
}
