import { formatVlanList, parseVlanList } from '../filter/vlan-set.js';
import type { Link } from '../linux/link.js';
import type { StateDocument } from '../state/schema.js';
import { formatIpv4 } from '../wire/address.js';
import { isLeftInBand, type RecordedPort, recordedPorts, vidsWithoutPort } from './recorded-port.js';
import type { Surroundings } from './surroundings.js';
import type { Tables } from './tables.js';

/** What keeps a port that was just enabled or changed from answering. */
export function warnAboutPort(
  around: Surroundings,
  state: StateDocument,
  ifname: string,
  tables: Tables,
): void {
  const port = recordedPorts(state, tables.links).find((p) => p.ifname === ifname);
  if (port === undefined) return;
  if (port.kernel && !port.kernel.up) around.warn(`"${ifname}" is down`, `ip link set ${ifname} up`);
  warnAboutAddress(around, port, tables);
  if (port.vid !== undefined && isLeftInBand(state, port.baseName, port.vid))
    around.warn(`VLAN ${port.vid} is in-band`, port.vid < 2 ? undefined : `evlnet vlans add ${port.vid}`);
}

function warnAboutAddress({ warn }: Surroundings, port: RecordedPort, { addresses }: Tables): void {
  const { ifname, kernel, entry } = port;
  if (kernel === undefined) {
    if (entry.address === undefined)
      warn(`Port "${ifname}" has no address`, `evlnet port set ${ifname} address 10.10.10.11/24`);
    return;
  }
  const own = addresses.filter((a) => a.ifindex === kernel.ifindex);
  if (own.length === 0) warn(`"${ifname}" has no IPv4 address`, `ip addr add 10.10.10.11/24 dev ${ifname}`);
  else if (
    entry.address !== undefined &&
    !own.some((a) => entry.address === `${formatIpv4(a.address)}/${a.prefix}`)
  )
    warn(`The kernel has "${ifname}": its own addresses count, not ${entry.address}`);
}

/** VIDs of the set, or of `among` in it, whose frames no port takes. */
export function warnAboutVids(
  around: Surroundings,
  state: StateDocument,
  links: readonly Link[],
  among?: readonly number[],
): void {
  const lost = vidsWithoutPort(state, links).filter((vid) => among?.includes(vid) ?? true);
  if (lost.length === 0) return;
  const list = formatVlanList(parseVlanList(lost.join(',')));
  const [base = 'eth0'] = recordedPorts(state, links).map((port) => port.baseName);
  around.warn(
    `No port has VLAN ${list}: its IPv4 is taken out-of-band and dropped as no-port`,
    `evlnet port enable ${base}.${lost[0]}, or evlnet vlans del ${list}`,
  );
}
