// What the XDP program decides, in user space: for drivers without XDP, and for captures. EVL: kernel/evl/net/core.c, the
// filter first, the VLAN rule where it says so; test/filter/classify.test.ts holds this equal to the kernel's run of xdp.ts.
import * as ethernet from '../wire/ethernet.js';
import * as vlan from '../wire/vlan.js';
import { TAKE_ARP, TAKE_IPV4, VLANS } from './maps.js';
import { HookCounter, Verdict } from './verdict.js';

/** Why a frame is taken or not: an index of OUTCOMES. */
export const Reason = {
  Dropped: 0,
  Accepted: 1,
  AcceptedAny: 2,
  NotIpv4: 3,
  Skipped: 4,
  NoVerdict: 5,
  InSet: 6,
  Arp: 7,
  OtherHost: 8,
  NotInSet: 9,
  VlanNotIpv4: 10,
  Untagged: 11,
  Short: 12,
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

export interface Outcome {
  /** What became of it, as the hook counts it. */
  readonly verdict: Verdict;
  /** Counted besides. */
  readonly besides?: (typeof HookCounter)[keyof typeof HookCounter];
  readonly isTaken: boolean;
  /** Where it begins with a space, `vlan 42` stands in front. */
  readonly text: string;
}

const taken = { verdict: Verdict.Accept, isTaken: true };
const left = { verdict: Verdict.Skip, isTaken: false };
const byVlan = { verdict: Verdict.Vlan, isTaken: true };

/** By Reason. */
export const OUTCOMES: readonly Outcome[] = [
  { verdict: Verdict.Drop, isTaken: false, text: 'filter' },
  { ...taken, text: 'filter' },
  { ...taken, text: 'filter, any ethertype' },
  { ...left, text: 'accepted, but not IPv4' },
  { ...left, text: 'filter' },
  { ...left, text: 'filter returned no verdict' },
  { ...byVlan, text: ' in set' },
  { ...byVlan, besides: HookCounter.Arp, text: ' in set, ARP of an evlnet VLAN port' },
  { ...left, besides: HookCounter.OtherHost, text: ' in set, but sent to another host' },
  { ...left, text: ' not in set' },
  { ...left, text: ' with neither IPv4 nor ARP of an evlnet VLAN port' },
  { ...left, text: 'no VLAN' },
  { ...left, text: 'shorter than its headers' },
];

/** `vlan 42 in set`, `accepted, but not IPv4` */
export const reasonText = (reason: Reason, vid: number): string => {
  const { text } = OUTCOMES[reason]!;
  return text.startsWith(' ') ? `vlan ${vid}${text}` : text;
};

/** The VLAN table (vlanTable() makes its octets) as `classify` reads it. */
export const tableView = (table: Uint8Array): DataView =>
  new DataView(table.buffer, table.byteOffset, table.byteLength);

/**
 * What becomes of the frame at `at`..`end` that the filter gave `verdict`; Verdict.Vlan where there is no filter. `any`:
 * ACCEPT takes also what is not IPv4.
 */
export function classify(
  v: DataView,
  at: number,
  end: number,
  verdict: number,
  table: DataView,
  any: boolean,
): Reason {
  switch (verdict) {
    case Verdict.Drop:
      return Reason.Dropped;
    case Verdict.Accept:
      return classifyAccepted(v, at, end, table, any);
    case Verdict.Skip:
      return Reason.Skipped;
    case Verdict.Vlan:
      return classifyByVlan(v, at, end, table);
    default:
      // EVL: what is none of the four is left in-band.
      return Reason.NoVerdict;
  }
}

/** What ACCEPT does not take, the VLAN rule may: ARP, or an evlnet VLAN port would be out of reach behind a filter that accepts all. */
function classifyAccepted(v: DataView, at: number, end: number, table: DataView, any: boolean): Reason {
  const innermost = innermostAt(v, at, end);
  if (innermost >= 0 && v.getUint16(innermost) === ethernet.EtherType.Ipv4) return Reason.Accepted;
  if (any) return Reason.AcceptedAny;
  const reason = classifyByVlan(v, at, end, table);
  return reason === Reason.Arp || reason === Reason.OtherHost ? reason : Reason.NotIpv4;
}

function classifyByVlan(v: DataView, at: number, end: number, table: DataView): Reason {
  const innermost = innermostAt(v, at, end);
  if (innermost < 0) return Reason.Short;
  if (innermost === at + ETHERTYPE) return Reason.Untagged;
  const entry = vidBefore(v, innermost) * VLANS.valueSize;
  const flags = table.getUint8(entry);
  const ethertype = v.getUint16(innermost);
  const isArp = ethertype === ethernet.EtherType.Arp;
  if (flags === 0) return Reason.NotInSet;
  if (!(isArp ? flags & TAKE_ARP : ethertype === ethernet.EtherType.Ipv4 && flags & TAKE_IPV4))
    return Reason.VlanNotIpv4;
  const isOurs =
    ethernet.isGroup(v, at) ||
    ethernet.isDestination(v, at, table.getUint16(entry + LLADDR), table.getUint32(entry + LLADDR + 2));
  if (!isOurs) return Reason.OtherHost;
  return isArp ? Reason.Arp : Reason.InSet;
}

/** The VID that the VLAN rule looks up; -1 where there is none. */
export function innermostVid(v: DataView, at: number, end: number): number {
  const innermost = innermostAt(v, at, end);
  return innermost < 0 || innermost === at + ETHERTYPE ? -1 : vidBefore(v, innermost);
}

const ETHERTYPE = 12;
/** In an entry of the VLAN table. */
const LLADDR = 2;
const VID_MASK = 0xfff;

const vidBefore = (v: DataView, ethertypeAt: number): number => v.getUint16(ethertypeAt - 2) & VID_MASK;

/**
 * Where the ethertype behind the tags is: one tag of either kind, and an 802.1Q tag in it. -1 where the frame ends before.
 *
 *  12     14    16     18    20
 *  | TPID | TCI | 8100 | TCI | ethertype
 */
function innermostAt(v: DataView, at: number, end: number): number {
  if (end - at < ethernet.HEADER_LENGTH) return -1;
  if (!vlan.isTpid(ethernet.ethertype(v, at))) return at + ETHERTYPE;
  const inner = at + ETHERTYPE + vlan.TAG_LENGTH;
  if (end < inner + 2) return -1;
  if (v.getUint16(inner) !== ethernet.EtherType.Vlan) return inner;
  return end < inner + vlan.TAG_LENGTH + 2 ? -1 : inner + vlan.TAG_LENGTH;
}
