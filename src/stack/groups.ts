// RFC 1112 §7.1: the groups of one interface, whoever of its host has joined them.
import { ALL_HOSTS } from '../wire/igmp.js';

/** One group on one port, with its state of RFC 2236 §6. */
export class Membership {
  /** Sockets that have joined. */
  count = 0;
  /** When the next report goes out; Infinity while none is due ("idle member"). */
  dueNs = Number.POSITIVE_INFINITY;
  /** Reports to come that nobody asked for. */
  unsolicited = 0;
  /** The last report for the group on this link was ours: then leaving is ours to tell. */
  isLastReporter = false;

  constructor(readonly group: number) {}
}

/** Memberships of the port in one slot. They outlive the port: its sockets do. */
export class PortGroups {
  readonly all: Membership[] = [];
  /** Until then a router that speaks only IGMPv1 is about. */
  versionOneUntilNs = Number.NEGATIVE_INFINITY;

  /** Every host is a member of 224.0.0.1. */
  has(group: number): boolean {
    return group === ALL_HOSTS || this.find(group) !== undefined;
  }

  add(group: number): Membership {
    const membership = new Membership(group);
    this.all.push(membership);
    return membership;
  }

  remove(membership: Membership): void {
    this.all.splice(this.all.indexOf(membership), 1);
  }

  find(group: number): Membership | undefined {
    const { all } = this;
    for (let i = 0; i < all.length; i++) if (all[i]!.group === group) return all[i];
    return undefined;
  }
}
