// The maps of evlnet's own programs. The dot keeps their names apart from those of a user's maps, which are C identifiers.
import { type MapSpec, MapType } from '../bpf/program.js';
import { HOOK_COUNT } from './verdict.js';

/** VID → 8 octets: flags, zero, then the six octets of the MAC address that unicast must be sent to. */
export const VLANS: MapSpec = {
  name: 'evlnet.vlans',
  type: MapType.Array,
  keySize: 4,
  valueSize: 8,
  maxEntries: 4096,
};
/** Counter (`HookCounter`) → u64 a CPU. */
export const COUNTERS: MapSpec = {
  name: 'evlnet.counters',
  type: MapType.PercpuArray,
  keySize: 4,
  valueSize: 8,
  maxEntries: HOOK_COUNT,
};
/** Two u64: the VID of the latest frame whose tag was hidden from XDP; other than 0 while a filter decides, and nobody can tell. */
export const HIDDEN: MapSpec = {
  name: 'evlnet.hidden',
  type: MapType.Array,
  keySize: 4,
  valueSize: 16,
  maxEntries: 1,
};
/** Receive queue → AF_XDP socket. */
export const XSKS = 'evlnet.xsks';
export const xsks = (queues: number): MapSpec => ({
  name: XSKS,
  type: MapType.Xskmap,
  keySize: 4,
  valueSize: 4,
  maxEntries: queues,
});

/** Flags of a VID's entry: what the VLAN rule takes. */
export const TAKE_IPV4 = 1;
export const TAKE_ARP = 2;
