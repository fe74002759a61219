// The VLAN rule, and what becomes of a frame that a filter accepts. EVL: kernel/evl/net/core.c, the rule behind EVL_RX_VLAN;
// <linux/if_vlan.h> for the tags. One text for every hook.
import { type Assembler, r0, r1, r2, r3, r4, r7, r8, r9 } from '../bpf/asm.js';
import { countInto, lookUp } from './counting.js';
import { TAKE_ARP, TAKE_IPV4, VLANS } from './maps.js';
import { HookCounter } from './verdict.js';

/** What hooks do differently. r6: the context; r7: the frame, or its first octets. */
export interface Hook {
  /** Return code of a frame that stays in-band. */
  readonly pass: number;
  /** Return code of one that nobody shall see. */
  readonly drop: number;
  /** Appends: that many octets from r7 on can be read, or a jump to `otherwise`. Keeps r6 to r9. */
  reach(a: Assembler, octets: number, otherwise: string): void;
  /** Appends: where the outer tag is not in the frame, VID into r3, ethertype into r4, and on to INNERMOST. */
  besideFrame?(a: Assembler): void;
  /** Appends: tells of the frame, of which r8 is counted. Keeps r6 to r9. */
  tell?(a: Assembler): void;
  /** Appends: puts a frame that goes on (r9 is `pass`) back as it was. */
  restore?(a: Assembler): void;
  /** Appends: takes the frame; r0 is the return code, `pass` if it could not. Keeps r6 to r9. */
  take(a: Assembler): void;
}

const swapped = (ethertype: number) => ((ethertype & 0xff) << 8) | (ethertype >> 8);
const DOT1Q = swapped(0x8100);
const DOT1AD = swapped(0x88a8);
const IPV4 = swapped(0x0800);
const ARP = swapped(0x0806);

// Offsets in a frame: the outer tag follows the two addresses.
const OUTER = { tpid: 12, tci: 14, ethertype: 16, end: 18 } as const;
const INNER = { tci: 18, ethertype: 20, end: 22 } as const;

/** Labels that lead into the rule. */
export const RULE = 'evlnet.rule';
export const ACCEPT = 'evlnet.accept';
export const PASS = 'evlnet.pass';
/** VID in r3, in host order; ethertype behind the tags in r4. */
export const INNERMOST = 'evlnet.innermost';
/** The same with the VID in network order. */
export const SWAP = 'evlnet.swap';
/** To `r8` counted, `r9` returned. */
export const COUNT = 'evlnet.count';

/**
 * Appends the rule: takes IPv4 (and, where asked, ARP) of the VIDs in the `vlans` map, passes everything else, counts, returns.
 * Maps: vlans, counters. r6 to r9 and, after the rule began, the whole stack are its own.
 */
export function appendVlanRule(a: Assembler, hook: Hook): void {
  a.label(RULE);
  findTag(a, hook);
  askTable(a);
  take(a, hook, false);
}

/**
 * The same for a program in front of it that goes to ACCEPT or RULE with its verdict in r8. ACCEPT takes IPv4, behind two tags at
 * most, as EVL does. What else it accepts is judged by the rule: so ARP reaches an evlnet VLAN port under any filter.
 */
export function appendAccept(a: Assembler, hook: Hook, anyEthertype: boolean): void {
  a.line('accepted').label(ACCEPT).mov(r9, 0);
  if (anyEthertype) a.goto('evlnet.take');
  else appendIpv4(a, hook);
  a.label(RULE);
  findTag(a, hook);
  if (!anyEthertype)
    a.line('accepted: IPv4 in a VLAN')
      .jump('!=', r8, HookCounter.Accept, 'evlnet.ask')
      .mov(r9, 0)
      .jump('==', r4, IPV4, 'evlnet.take')
      .label('evlnet.ask');
  askTable(a);
  take(a, hook, true);
}

/** IPv4 without a tag, and where the tag is in the frame with one: the rule's way, cut short. */
function appendIpv4(a: Assembler, hook: Hook): void {
  a.line('accepted: IPv4').load('h', r4, r7, OUTER.tpid).jump('==', r4, IPV4, 'evlnet.take');
  if (hook.besideFrame) return;
  a.jump('==', r4, DOT1Q, 'evlnet.one-tag').jump('!=', r4, DOT1AD, PASS).label('evlnet.one-tag');
  hook.reach(a, OUTER.end, PASS);
  a.load('h', r4, r7, OUTER.ethertype).jump('==', r4, IPV4, 'evlnet.take');
}

/** VID (and priority) into r3, ethertype behind the tags into r4. */
function findTag(a: Assembler, hook: Hook): void {
  a.line('outer tag: 802.1Q or 802.1ad');
  hook.besideFrame?.(a);
  hook.reach(a, OUTER.end, PASS);
  a.load('h', r2, r7, OUTER.tpid)
    .jump('==', r2, DOT1Q, 'evlnet.tagged')
    .jump('!=', r2, DOT1AD, PASS)
    .label('evlnet.tagged')
    .load('h', r3, r7, OUTER.tci)
    .load('h', r4, r7, OUTER.ethertype)
    .jump('!=', r4, DOT1Q, SWAP)
    .line('QinQ: the inner tag decides');
  hook.reach(a, INNER.end, PASS);
  a.load('h', r3, r7, INNER.tci).load('h', r4, r7, INNER.ethertype).label(SWAP).swap(r3, 16).label(INNERMOST);
}

function askTable(a: Assembler): void {
  a.line('only IPv4, and ARP for evlnet VLAN ports')
    .mov(r9, TAKE_IPV4)
    .jump('==', r4, IPV4, 'evlnet.lookup')
    .mov(r9, TAKE_ARP)
    .jump('!=', r4, ARP, PASS);
  a.line('vlans[vid]').label('evlnet.lookup').alu('and', r3, 0xfff);
  lookUp(a, VLANS.name, r3, PASS)
    .load('dw', r1, r0, 0)
    .mov(r2, r1)
    .alu('and', r2, r9)
    .jump('==', r2, 0, PASS);
  a.line('group address, or ours?')
    .load('w', r2, r7, 0)
    .mov(r3, r2)
    .alu('and', r3, 1)
    .jump('!=', r3, 0, 'evlnet.take')
    .load('h', r3, r7, 4)
    .alu('lsh', r3, 32)
    .alu('or', r2, r3)
    .alu('rsh', r1, 16)
    .jump('==', r1, r2, 'evlnet.take')
    .mov(r8, HookCounter.OtherHost);
  countInto(a, 'evlnet.other-host').goto(PASS);
}

/** r9 says why: a flag of the rule, or 0 for a filter's ACCEPT. */
function take(a: Assembler, hook: Hook, accepts: boolean): void {
  a.line('taken out-of-band').label('evlnet.take');
  hook.take(a);
  a.mov(r7, r0).jump('==', r7, hook.pass, 'evlnet.no-socket');
  if (accepts)
    a.mov(r8, HookCounter.Accept)
      .jump('==', r9, 0, 'evlnet.return')
      .mov(r8, HookCounter.Vlan)
      .jump('==', r9, TAKE_ARP, 'evlnet.take-arp');
  else a.mov(r8, HookCounter.Vlan).jump('==', r9, TAKE_ARP, 'evlnet.take-arp');
  a.label('evlnet.return').mov(r9, r7).label(COUNT);
  countInto(a, 'evlnet.counted');
  hook.tell?.(a);
  hook.restore?.(a);
  a.line('verdict').mov(r0, r9).exit();
  a.line('ARP of an evlnet VLAN port').label('evlnet.take-arp').mov(r8, HookCounter.Arp);
  countInto(a, 'evlnet.arp').mov(r8, HookCounter.Vlan).goto('evlnet.return');
  a.line('claimed, but its queue has no socket').label('evlnet.no-socket').mov(r8, HookCounter.NoSocket);
  countInto(a, 'evlnet.unclaimed').line('in-band').label(PASS);
  a.mov(r8, HookCounter.Skip).mov(r9, hook.pass).goto(COUNT);
}
