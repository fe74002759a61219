import { isLeftInBand, recordedPorts, vidsWithoutPort } from '../../configuration/recorded-port.js';
import type { Tables } from '../../configuration/tables.js';
import { EvlnetError } from '../../errors.js';
import { formatVlanList, parseVlanList } from '../../filter/vlan-set.js';
import { readState } from '../../state/file.js';
import type { StateDocument } from '../../state/schema.js';
import type { Context } from '../context.js';
import { dotted } from '../dotted.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** The state, and whether it could be read. */
export function readConfiguration({ state }: Context): { document?: StateDocument; findings: Finding[] } {
  const findings: Finding[] = [];
  const onWarning = (message: string, hint?: string) => findings.push(warn('state', message, hint));
  try {
    const document = readState(state.file, { onWarning });
    return { document, findings: [...findings, ok('state', `${state.file}, rev ${document.rev}`)] };
  } catch (error) {
    if (!(error instanceof EvlnetError)) throw error;
    return { findings: [...findings, fail('state', error.message, error.hint)] };
  }
}

/** What is recorded, against the kernel's tables. */
export function configurationFindings(document: StateDocument, tables: Tables): Finding[] {
  const ports = recordedPorts(document, tables.links);
  if (ports.length === 0) return [warn('ports', 'none is enabled', 'evlnet port enable eth0.42')];
  const findings: Finding[] = [];
  for (const { ifname, base, baseName, kernel, vid, entry } of ports) {
    if (base === undefined)
      findings.push(
        warn(ifname, `its base device "${baseName}" is not there`, `evlnet port disable ${ifname}`),
      );
    if (kernel && vid !== undefined && !kernel.up)
      findings.push(warn(ifname, 'is down', `ip link set ${ifname} up`));
    if (vid !== undefined && isLeftInBand(document, baseName, vid))
      findings.push(warn(ifname, `VLAN ${vid} is in-band`, `evlnet vlans add ${vid}`));
    if (!kernel && entry.address === undefined)
      findings.push(warn(ifname, 'has no address', `evlnet port set ${ifname} address 10.10.10.11/24`));
    if (!kernel && entry.address !== undefined)
      findings.push(...owners(ifname, entry.address, document, tables));
  }
  const lost = vidsWithoutPort(document, tables.links);
  if (lost.length > 0) {
    const list = formatVlanList(parseVlanList(lost.join(',')));
    findings.push(
      warn('vlans', `no port has VLAN ${list}: its IPv4 is dropped as no-port`, `evlnet vlans del ${list}`),
    );
  }
  return findings.length === 0 ? [ok('ports', `${ports.length} enabled`)] : findings;
}

/** Who else answers for the address of an evlnet VLAN port: two owners mean two answers. */
function owners(
  ifname: string,
  prefix: string,
  document: StateDocument,
  { links, addresses }: Tables,
): Finding[] {
  const address = prefix.split('/')[0]!;
  const kernels = addresses
    .filter((a) => dotted(a.address) === address)
    .map((a) => links.find((l) => l.ifindex === a.ifindex)?.ifname ?? `if${a.ifindex}`);
  const ports = Object.entries(document.ports)
    .filter(([name, entry]) => name !== ifname && entry.address?.split('/')[0] === address)
    .map(([name]) => name);
  return [
    ...kernels.map((name) =>
      warn(ifname, `the kernel has ${address} too, on "${name}"`, `ip addr del ${address} dev ${name}`),
    ),
    ...ports.map((name) =>
      warn(ifname, `port "${name}" has ${address} too`, `evlnet port set ${name} address …`),
    ),
  ];
}
