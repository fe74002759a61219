import { parseVlanList, vids } from '../filter/vlan-set.js';
import { type VlanPort, vlanTable } from '../filter/vlan-table.js';
import type { Link } from '../linux/link.js';
import { NeighbourState } from '../memory/neighbour-page.js';
import type { NeighbourSetup } from '../stack/neighbour.js';
import type { TraceLevel } from '../stack/port.js';
import { placePort } from '../state/place.js';
import type { PortState, ServiceName, ServiceState, StateDocument } from '../state/schema.js';
import { parseIpv4, parseMac } from '../wire/address.js';
import { addressesOf, type NetworkTables, routesOf } from './routes.js';
import type { ModuleSetup, PortSetup } from './shared.js';

/** A service that somebody wants on this worker, and how much of it is traced. */
export interface Wanted extends Omit<ServiceState, 'service'> {
  readonly service: ServiceName | 'module';
  readonly trace?: TraceLevel;
  /** Of a module: where it is; `id` once it is loaded. */
  readonly module?: ModuleSetup & { readonly id?: number };
}

/** What one base device is to do: the stack's ports and the hook's VLAN table. */
export interface Plan {
  readonly ports: readonly PortSetup[];
  readonly table: Uint8Array;
  /** A port wants what a filter accepts whether it is IPv4 or not. */
  readonly anyEthertype: boolean;
}

/** Derives it from configuration and the kernel's tables; pure. `base` is the device's own link. */
export function plan(
  state: StateDocument,
  base: Link,
  tables: NetworkTables,
  wanted: readonly Wanted[],
): Plan {
  const ports: PortSetup[] = [];
  const vlanPorts: VlanPort[] = [];
  let anyEthertype = false;
  for (const [ifname, entry] of Object.entries(state.ports)) {
    const place = placePort(ifname, entry, tables.links);
    if (place.base !== base.ifname) continue;
    const lladdr = place.kernel?.lladdr ?? base.lladdr;
    if (lladdr === undefined) continue;
    const mac = parseMac(lladdr);
    if (entry.ethertype === 'any') anyEthertype = true;
    const ownsArp = place.vid !== undefined && place.kernel === undefined;
    const services = wanted.filter((w) => w.port === undefined || w.port === ifname);
    const own = addressesOf(place.kernel, entry, tables.addresses);
    ports.push({
      ifname,
      vid: place.vid ?? 0,
      macHi: mac.hi,
      macLo: mac.lo,
      mtu: (place.kernel ?? base).mtu,
      addresses: own,
      ownsArp,
      ifindex: place.kernel?.ifindex,
      isFiltered: state.filters[base.ifname] !== undefined,
      routes: routesOf(place.kernel, own, tables.routes),
      neighbours: ownsArp ? permanentNeighbours(entry) : [],
      icmpErrors: entry.icmpErrors === true,
      trace: Math.max(0, ...services.map((s) => s.trace ?? 0)) as TraceLevel,
      responds: services.some((s) => s.service === 'icmp-responder'),
      udpEcho: [...new Set(services.filter((s) => s.service === 'udp-echo').map((s) => s.udpPort ?? 7))],
      modules: services.flatMap((s) => s.module?.id ?? []),
    });
    if (place.vid !== undefined) vlanPorts.push({ vid: place.vid, lladdr: octetsOf(lladdr), ownsArp });
  }
  return {
    ports,
    anyEthertype,
    table: vlanTable(
      vids(parseVlanList(state.vlans)),
      vlanPorts,
      octetsOf(base.lladdr ?? '00:00:00:00:00:00'),
    ),
  };
}

const permanentNeighbours = ({ neighbours = {} }: PortState): NeighbourSetup[] =>
  Object.entries(neighbours).map(([address, { lladdr }]) => {
    const { hi, lo } = parseMac(lladdr);
    return { address: parseIpv4(address), state: NeighbourState.Permanent, macHi: hi, macLo: lo };
  });

const octetsOf = (lladdr: string): Uint8Array =>
  Uint8Array.from(lladdr.split(':'), (octet) => Number.parseInt(octet, 16));
