// The kernel's IPv4 neighbours: rtnetlink(7), <linux/neighbour.h>.
import { ask, dump } from './netlink.js';
import { attribute, attributes } from './netlink-message.js';

/** An entry of the kernel's ARP table; the address is an unsigned number in host order. */
export interface KernelNeighbour {
  ifindex: number;
  address: number;
  /** NUD_*. */
  state: number;
  /** Absent where it is not known. */
  lladdr?: Uint8Array;
}

const Request = { NewNeighbour: 28, GetNeighbour: 30 } as const;
const AF_INET = 2;
const HEADER_LENGTH = 12;
const Attribute = { Destination: 1, Lladdr: 2 } as const;
const NLM_F_CREATE = 0x400;
const NTF_USE = 0x01;
const NUD_NONE = 0;
const ETHER_LENGTH = 6;

/** Every IPv4 entry of this network namespace. */
export const kernelNeighbours = (): KernelNeighbour[] =>
  dump('list the neighbours', Request.GetNeighbour, header(0), readNeighbour);

/** Has the kernel use an entry, as if it had something to send: it asks by ARP for one that it does not know, or is not sure of. */
export function useNeighbour(ifindex: number, address: number): void {
  const octets = Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
  const request = Uint8Array.from([...header(ifindex, NTF_USE), ...attribute(Attribute.Destination, octets)]);
  ask('ask for a neighbour', Request.NewNeighbour, request, () => undefined, NLM_F_CREATE);
}

/** The payload of RTM_NEWNEIGH between `at` and `end`; nothing if it is not about IPv4. */
export function readNeighbour(view: DataView, at: number, end: number): KernelNeighbour | undefined {
  if (end - at < HEADER_LENGTH || view.getUint8(at) !== AF_INET) return undefined;
  const found = attributes(view, at + HEADER_LENGTH, end);
  const address = found.be32(Attribute.Destination);
  if (address === undefined) return undefined;
  const lladdr = found.octets(Attribute.Lladdr);
  return {
    ifindex: view.getInt32(at + 4, true),
    address,
    state: view.getUint16(at + 8, true),
    ...(lladdr?.length === ETHER_LENGTH ? { lladdr } : {}),
  };
}

/** struct ndmsg. */
function header(ifindex: number, flags = 0): Uint8Array {
  const octets = new Uint8Array(HEADER_LENGTH);
  const view = new DataView(octets.buffer);
  view.setUint8(0, AF_INET);
  view.setInt32(4, ifindex, true);
  view.setUint16(8, NUD_NONE, true);
  view.setUint8(10, flags);
  return octets;
}
