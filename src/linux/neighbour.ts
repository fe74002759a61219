// The kernel's IPv4 neighbours: rtnetlink(7), <linux/neighbour.h>.
import { EvlnetError } from '../errors.js';
import { Errno } from './libc.js';
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

const Request = { NewNeighbour: 28, DeleteNeighbour: 29, GetNeighbour: 30 } as const;
const AF_INET = 2;
const HEADER_LENGTH = 12;
const Attribute = { Destination: 1, Lladdr: 2 } as const;
const NLM_F_REPLACE = 0x100;
const NLM_F_CREATE = 0x400;
const NTF_USE = 0x01;
const Nud = { None: 0, Probe: 0x10, Permanent: 0x80 } as const;
const ETHER_LENGTH = 6;

/** Every IPv4 entry of this network namespace. */
export const kernelNeighbours = (): KernelNeighbour[] =>
  dump('list the neighbours', Request.GetNeighbour, header(0), readNeighbour);

/** Has the kernel use an entry, as if it had something to send: it asks by ARP for one that it does not know, or is not sure of. */
export function useNeighbour(ifindex: number, address: number): void {
  order('ask for', Request.NewNeighbour, about(ifindex, address, Nud.None, NTF_USE), NLM_F_CREATE);
}

/** Has the kernel ask a neighbour whose MAC address it knows whether that is still right; without an entry an error, ENOENT. */
export function probeNeighbour(ifindex: number, address: number): void {
  order('ask for', Request.NewNeighbour, about(ifindex, address, Nud.Probe), NLM_F_REPLACE);
}

/** Makes a permanent entry, or makes one permanent. */
export function setNeighbour(ifindex: number, address: number, lladdr: Uint8Array): void {
  const request = [...about(ifindex, address, Nud.Permanent), ...attribute(Attribute.Lladdr, lladdr)];
  order('set', Request.NewNeighbour, request, NLM_F_CREATE | NLM_F_REPLACE);
}

/** Removes an entry; false where there is none. */
export function deleteNeighbour(ifindex: number, address: number): boolean {
  try {
    order('delete', Request.DeleteNeighbour, about(ifindex, address, Nud.None));
    return true;
  } catch (error) {
    if (error instanceof EvlnetError && error.errno === Errno.ENOENT) return false;
    throw error;
  }
}

const order = (act: string, type: number, request: Iterable<number>, flags = 0): void =>
  void ask(`${act} a neighbour`, type, Uint8Array.from(request), () => undefined, flags);

/** A request about one entry. */
const about = (ifindex: number, address: number, state: number, flags = 0): number[] => [
  ...header(ifindex, state, flags),
  ...attribute(Attribute.Destination, Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address)),
];

/** The payload of RTM_NEWNEIGH between `at` and `end`; nothing if it is not about IPv4. */
function readNeighbour(view: DataView, at: number, end: number): KernelNeighbour | undefined {
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
function header(ifindex: number, state: number = Nud.None, flags = 0): Uint8Array {
  const octets = new Uint8Array(HEADER_LENGTH);
  const view = new DataView(octets.buffer);
  view.setUint8(0, AF_INET);
  view.setInt32(4, ifindex, true);
  view.setUint16(8, state, true);
  view.setUint8(10, flags);
  return octets;
}
