import { TAKE_ARP, TAKE_IPV4, VLANS } from './maps.js';

/** What the VLAN rule must know of a port. */
export interface VlanPort {
  readonly vid: number;
  /** Six octets. */
  readonly lladdr: Uint8Array;
  /** The kernel has no such VLAN device: ARP is ours to answer. */
  readonly ownsArp: boolean;
}

/**
 * The entries of the `vlans` map: 4096 × 8 octets. IPv4 of a VID in the set is taken whether or not a port has it; unicast only when it is
 * sent to the port's MAC address, or the base device's where no port has the VID. VID 0 is never taken: its entry tells a filter's
 * pkt_type the base device's address.
 */
export function vlanTable(vids: Iterable<number>, ports: readonly VlanPort[], base: Uint8Array): Uint8Array {
  const table = new Uint8Array(VLANS.maxEntries * VLANS.valueSize);
  table.set(base, 2);
  const byVid = new Map(ports.map((p) => [p.vid, p]));
  for (const vid of vids) {
    const port = byVid.get(vid);
    table[vid * 8] = TAKE_IPV4 | (port?.ownsArp ? TAKE_ARP : 0);
    table.set(port?.lladdr ?? base, vid * 8 + 2);
  }
  return table;
}

/** VIDs whose entry differs between two tables: only these are written, so that a VID that stays is never without its entry. */
export function* changes(before: Uint8Array, after: Uint8Array): Generator<number> {
  for (let vid = 0; vid < VLANS.maxEntries; vid++)
    for (let i = vid * 8; i < vid * 8 + 8; i++)
      if (before[i] !== after[i]) {
        yield vid;
        break;
      }
}
