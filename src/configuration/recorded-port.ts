import { has, parseVlanList, vids } from '../filter/vlan-set.js';
import type { Link } from '../linux/link.js';
import { placePort } from '../state/place.js';
import type { PortState, StateDocument } from '../state/schema.js';

/** A port of the state file, and where it is by the kernel's present tables. */
export interface RecordedPort {
  readonly ifname: string;
  readonly entry: PortState;
  readonly baseName: string;
  /** Absent while that device is not there. */
  readonly base: Link | undefined;
  readonly vid: number | undefined;
  readonly kernel: Link | undefined;
}

/** The ports in the order in which they were enabled. */
export const recordedPorts = (state: StateDocument, links: readonly Link[]): RecordedPort[] =>
  Object.entries(state.ports).map(([ifname, entry]) => {
    const { base: baseName, vid, kernel } = placePort(ifname, entry, links);
    return { ifname, entry, baseName, base: links.find((l) => l.ifname === baseName), vid, kernel };
  });

/** VIDs of the set that no port has: their IPv4 is taken all the same, and dropped, unless a base device is a port and takes them. */
export function vidsWithoutPort(state: StateDocument, links: readonly Link[]): number[] {
  const taken = new Set(recordedPorts(state, links).map((port) => port.vid));
  if (taken.has(undefined)) return [];
  return vids(parseVlanList(state.vlans)).filter((vid) => !taken.has(vid));
}

/** Whether nothing but the set decides about that VLAN, and leaves it in-band. */
export const isLeftInBand = (state: StateDocument, base: string, vid: number): boolean =>
  state.filters[base] === undefined && !isInSet(state, vid);

export const isInSet = (state: StateDocument, vid: number): boolean => has(parseVlanList(state.vlans), vid);
