// RFC 2236, the host's part: tells routers which groups somebody here has joined. On evlnet VLAN ports all of it is ours. On a device of the
// kernel's the in-band side has the kernel join too, which then reports and leaves by itself; but a query that was taken out-of-band the
// kernel does not see, so it is answered here.
import { Drop } from '../drop.js';
import { Batch } from '../memory/batch.js';
import { type Counters, SLOT_STRIDE, SLOTS, SlotCounter } from '../memory/counters.js';
import { isMulticast } from '../wire/address.js';
import * as ethernet from '../wire/ethernet.js';
import * as igmp from '../wire/igmp.js';
import * as ipv4 from '../wire/ipv4.js';
import { ROUTER_ALERT, writeRouterAlert } from '../wire/options.js';
import * as vlan from '../wire/vlan.js';
import { type Membership, PortGroups } from './groups.js';
import type { Output } from './output.js';
import type { Packet } from './packet.js';
import { Path } from './path.js';
import type { Port } from './port.js';
import { Outcome } from './service.js';
import { Timer } from './timer.js';

const NEVER = Number.POSITIVE_INFINITY;
/** §8.10, Unsolicited Report Interval. */
const UNSOLICITED_NS = 10e9;
/** §3: once at once, and "repeated once or twice". */
const UNSOLICITED = 2;
/** §8.11, Version 1 Router Present Timeout. */
const VERSION_ONE_NS = 400e9;
/** RFC 1112, appendix I: a query of IGMPv1 is answered within that. */
const VERSION_ONE_TENTHS = 100;
const TENTH_NS = 1e8;
/** A report for which there is no buffer is tried again after that. */
const RETRY_NS = TENTH_NS;
/** RFC 1812 §4.3.2.5: internetwork control. */
const TOS = 0xc0;
const TTL = 1;
const HEADER = ipv4.MIN_HEADER_LENGTH + ROUTER_ALERT;

export class Igmp extends Timer {
  readonly #groups = new Array<PortGroups | undefined>(SLOTS).fill(undefined);
  readonly #ports = new Array<Port | undefined>(SLOTS).fill(undefined);
  /** Slots with memberships. */
  readonly #slots: number[] = [];
  readonly #out = new Batch(1);
  readonly #path = new Path();
  readonly #counts: Float64Array;

  /** `random` is uniform, of [0, 1). */
  constructor(
    readonly output: Output,
    counters: Counters,
    readonly random: () => number,
  ) {
    super();
    this.#counts = counters.slots;
  }

  /** The port in a slot, or none any more. What was joined before there was one is reported now. */
  setPort(slot: number, port: Port | undefined): void {
    const before = this.#ports[slot];
    this.#ports[slot] = port;
    const groups = this.#groupsOf(slot);
    if (port !== undefined) port.groups = groups;
    if (port?.ownsArp === true && before?.ownsArp !== true) for (const m of groups.all) this.#announce(m);
  }

  /** One more socket has joined the group. */
  join(slot: number, group: number): void {
    const groups = this.#groupsOf(slot);
    let membership = groups.find(group);
    if (membership === undefined) {
      membership = groups.add(group);
      if (groups.all.length === 1) this.#slots.push(slot);
      if (this.#ports[slot]?.ownsArp === true) this.#announce(membership);
    }
    membership.count++;
  }

  /** One less. The last one tells routers, if the last report was ours (§3). */
  leave(slot: number, group: number, nowNs: number): void {
    const groups = this.#groupsOf(slot);
    const membership = groups.find(group);
    if (membership === undefined || --membership.count > 0) return;
    this.#end(slot, groups, membership, nowNs);
  }

  /** This host is about to be none any more: as if every socket left. */
  leaveAll(nowNs: number): void {
    for (const slot of [...this.#slots]) {
      const groups = this.#groupsOf(slot);
      for (const membership of [...groups.all]) this.#end(slot, groups, membership, nowNs);
    }
  }

  /** The port is about to go: routers are told, as by igmp_group_dropped() of net/ipv4/igmp.c. Its sockets stay members, and join anew when it is back. */
  leavePort(slot: number, nowNs: number): void {
    const groups = this.#groupsOf(slot);
    for (const membership of groups.all) {
      this.#tellLeaving(slot, groups, membership, nowNs);
      membership.isLastReporter = false;
    }
  }

  #end(slot: number, groups: PortGroups, membership: Membership, nowNs: number): void {
    groups.remove(membership);
    if (groups.all.length === 0) this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.#tellLeaving(slot, groups, membership, nowNs);
  }

  #tellLeaving(slot: number, groups: PortGroups, membership: Membership, nowNs: number): void {
    const port = this.#ports[slot];
    const isHeard = membership.isLastReporter && nowNs >= groups.versionOneUntilNs;
    if (port?.ownsArp !== true || !isHeard) return;
    if (!this.#send(port, igmp.Type.Leave, igmp.ALL_ROUTERS, membership.group, nowNs)) return;
    this.#counts[port.slot * SLOT_STRIDE + SlotCounter.IgmpLeavesSent]! += 1;
    this.output.device.flush();
  }

  /** A packet with a message in it. */
  receive(p: Packet, port: Port): number {
    const { view, l4, packetEnd } = p;
    const malformed = igmp.check(view, l4, packetEnd);
    if (malformed !== Drop.None) return malformed;
    const type = igmp.type(view, l4);
    const isReport = type === igmp.Type.ReportV1 || type === igmp.Type.ReportV2;
    if (type !== igmp.Type.Query && !isReport) return Drop.IgmpIgnored;
    const outcome = isReport ? this.#report(p, port) : this.#query(p, port);
    if (outcome === Outcome.Done) this.#counts[port.slot * SLOT_STRIDE + SlotCounter.IgmpMessages]! += 1;
    return outcome;
  }

  /** Sends the reports that are due. */
  run(nowNs: number): void {
    let dueNs = NEVER;
    for (let s = 0; s < this.#slots.length; s++) {
      const slot = this.#slots[s]!;
      const port = this.#ports[slot];
      if (port === undefined) continue;
      const groups = this.#groups[slot]!;
      for (let i = 0; i < groups.all.length; i++) {
        const membership = groups.all[i]!;
        if (membership.dueNs <= nowNs) this.#tell(port, groups, membership, nowNs);
        if (membership.dueNs < dueNs) dueNs = membership.dueNs;
      }
    }
    this.dueNs = dueNs;
    this.output.device.flush();
  }

  /** §3: who is asked waits for a random time, and tells unless another host did meanwhile. */
  #query({ view, l3, l4, packetEnd, nowNs }: Packet, port: Port): number {
    const group = igmp.group(view, l4);
    if (group !== 0 && !isMulticast(group)) return Drop.IgmpMalformed;
    // RFC 3376 §9.1: a general query by another way than to all is forged.
    if (group === 0 && ipv4.destination(view, l3) !== igmp.ALL_HOSTS) return Drop.IgmpIgnored;
    const { groups } = port;
    let tenths = igmp.maxResponse(view, l4);
    // RFC 3376 §7.1 tells the versions apart: one of IGMPv3 is longer, and to a host of IGMPv2 as good as its own.
    if (tenths === 0 && packetEnd - l4 === igmp.LENGTH) {
      tenths = VERSION_ONE_TENTHS;
      groups.versionOneUntilNs = nowNs + VERSION_ONE_NS;
    }
    for (let i = 0; i < groups.all.length; i++) {
      const membership = groups.all[i]!;
      if (membership.group === igmp.ALL_HOSTS || (group !== 0 && group !== membership.group)) continue;
      // §3: a timer that runs is set anew only where it would take longer than what is asked for.
      if (membership.dueNs - nowNs <= tenths * TENTH_NS) continue;
      this.#schedule(membership, nowNs + tenths * TENTH_NS * this.random());
    }
    return Outcome.Done;
  }

  /** §3: another host of the group has told: nobody needs to hear it twice. */
  #report({ view, l3, l4 }: Packet, port: Port): number {
    const group = igmp.group(view, l4);
    if (group !== ipv4.destination(view, l3)) return Drop.IgmpMalformed;
    const membership = port.groups.find(group);
    if (membership === undefined || membership.dueNs === NEVER) return Drop.IgmpIgnored;
    membership.dueNs = NEVER;
    membership.unsolicited = 0;
    membership.isLastReporter = false;
    return Outcome.Done;
  }

  #tell(port: Port, groups: PortGroups, membership: Membership, nowNs: number): void {
    const { group } = membership;
    const type = nowNs < groups.versionOneUntilNs ? igmp.Type.ReportV1 : igmp.Type.ReportV2;
    if (!this.#send(port, type, group, group, nowNs)) {
      membership.dueNs = nowNs + RETRY_NS;
      return;
    }
    this.#counts[port.slot * SLOT_STRIDE + SlotCounter.IgmpReportsSent]! += 1;
    membership.isLastReporter = true;
    membership.unsolicited = Math.max(0, membership.unsolicited - 1);
    membership.dueNs = membership.unsolicited > 0 ? nowNs + UNSOLICITED_NS * this.random() : NEVER;
  }

  /** At once, as soon as somebody has the time. */
  #announce(membership: Membership): void {
    if (membership.group === igmp.ALL_HOSTS) return;
    membership.unsolicited = UNSOLICITED;
    membership.isLastReporter = false;
    this.#schedule(membership, 0);
  }

  #schedule(membership: Membership, dueNs: number): void {
    membership.dueNs = dueNs;
    if (dueNs < this.dueNs) this.dueNs = dueNs;
  }

  /** False where there is no buffer, which is counted. */
  #send(port: Port, type: number, destination: number, group: number, nowNs: number): boolean {
    const path = this.#path;
    path.port = port;
    path.destination = destination;
    path.isGroup = true;
    path.headerLength = ethernet.HEADER_LENGTH + (port.slot === 0 ? 0 : vlan.TAG_LENGTH);
    if (this.output.reserve(path, this.#out, 1) === 0) return false;
    const { view } = this.output.device.arena;
    const l3 = this.#out.at[0]! + path.headerLength;
    const l4 = l3 + HEADER;
    igmp.write(view, l4, type, 0, group);
    writeRouterAlert(view, l3 + ipv4.MIN_HEADER_LENGTH);
    const source = port.addresses[0] ?? 0;
    ipv4.setHeaderLength(view, l3, HEADER);
    ipv4.setTos(view, l3, TOS);
    ipv4.setTotalLength(view, l3, HEADER + igmp.LENGTH);
    ipv4.setIdentification(view, l3, 0);
    ipv4.setDontFragment(view, l3, true);
    ipv4.setTtl(view, l3, TTL);
    ipv4.setProtocol(view, l3, ipv4.Protocol.Igmp);
    ipv4.setSource(view, l3, source);
    ipv4.setDestination(view, l3, destination);
    ipv4.writeChecksum(view, l3);
    this.#out.length[0] = path.headerLength + HEADER + igmp.LENGTH;
    return this.output.send(path, this.#out, 0, nowNs) === Drop.None;
  }

  #groupsOf(slot: number): PortGroups {
    let groups = this.#groups[slot];
    if (groups === undefined) {
      groups = new PortGroups();
      this.#groups[slot] = groups;
    }
    return groups;
  }
}
