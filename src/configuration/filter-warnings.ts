import { EvlnetError } from '../errors.js';
import type { OpenFilter } from '../filter/open.js';
import { arpSample } from '../filter/sample.js';
import type { Wanted } from '../filter/verify.js';
import type { Link } from '../linux/link.js';
import { deviceOptions, type StateDocument } from '../state/schema.js';
import { fates } from './fate.js';
import { isInSet, type RecordedPort, recordedPorts } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';
import type { Tables } from './tables.js';

const portsOf = (state: StateDocument, device: string, links: readonly Link[]): RecordedPort[] =>
  recordedPorts(state, links).filter((port) => port.baseName === device);

/** How a worker of the device would run a filter. */
export const wantedOn = (state: StateDocument, device: string, links: readonly Link[]): Wanted => ({
  engine: deviceOptions(state, device).driver === 'pcap' ? 'wasm' : 'xdp',
  anyEthertype: portsOf(state, device, links).some((port) => port.entry.ethertype === 'any'),
});

/** What keeps the filter of `device`, which was just set, from doing any good. */
export function warnAboutFilter(
  around: Surroundings,
  state: StateDocument,
  device: string,
  tables: Tables,
  filter: OpenFilter,
): void {
  const ports = portsOf(state, device, tables.links);
  const recorded = state.filters[device]!;
  if (ports.length === 0)
    around.warn(`"${device}" carries no port: the filter waits for one`, `evlnet port enable ${device}`);
  else if ('all' in recorded && recorded.all === 'accept' && ports.every((port) => port.vid !== undefined))
    around.warn(
      `"${device}" itself is no port: untagged IPv4 is taken out-of-band and dropped as no-port`,
      `evlnet port enable ${device}`,
    );
  for (const port of ports)
    if (losesArp(state, port, tables, filter))
      around.warn(
        `The filter keeps ARP from "${port.ifname}", and nobody else answers for it`,
        "let it return VLAN for ARP, as a rule does: match 'vlan and arp' vlan",
      );
}

/** The kernel answers ARP of its own devices. For an evlnet VLAN port only evlnet does, if it gets to see it. */
function losesArp(state: StateDocument, port: RecordedPort, tables: Tables, filter: OpenFilter): boolean {
  const { baseName, base, kernel, vid, entry } = port;
  if (kernel || vid === undefined || !base?.lladdr || !entry.address || !isInSet(state, vid)) return false;
  const question = arpSample({ lladdr: base.lladdr, vid }, entry.address.split('/')[0]!);
  try {
    return question !== undefined && fates(state, baseName, tables, [question], filter)[0]?.isTaken === false;
  } catch (error) {
    // What WebAssembly cannot run is not known, and no reason to refuse.
    if (error instanceof EvlnetError) return false;
    throw error;
  }
}
