import { namespace } from './name.js';

/** One interface of a host, on an access port of the switch. VID 0: untagged. */
export interface Access {
  readonly vid: number;
  /** In the issuer. */
  readonly ifname: string;
  /** In the switch. */
  readonly port: string;
  readonly lladdr: string;
}

/** The interface that carries every VLAN tagged, in the responder, and its end in the switch. */
export const TRUNK = { ifname: 'eth0', port: 'trunk', lladdr: '02:fc:00:00:00:01' } as const;
export const BRIDGE = 'bridge';
/** VLANs of the responder's kernel; the first is the one that evlnet is to take. */
export const VLANS = [42, 43] as const;

// A bridge without VLAN filtering learns addresses for all VLANs together, so the issuer's interfaces need different
// ones; the fifth octet is the VID.
export const ACCESS: readonly Access[] = [0, ...VLANS].map((vid) => ({
  vid,
  ifname: vid === 0 ? 'eno2' : `eno2.${vid}`,
  port: vid === 0 ? 'access' : `access.${vid}`,
  lladdr: `02:fc:00:00:${vid.toString(16).padStart(2, '0')}:02`,
}));

/** An address of the lab: 192.0.2.0/24 untagged, 10.10.10.0/24 on VLAN 42, 10.10.VID.0/24 on the others. */
export function address(host: 'issuer' | 'responder', vid: number): string {
  const network = vid === 0 ? '192.0.2' : vid === 42 ? '10.10.10' : `10.10.${vid}`;
  return `${network}.${host === 'issuer' ? 10 : 11}`;
}

export const vlanName = (vid: number): string => `${TRUNK.ifname}.${vid}`;
/** Far end of what stands for a VLAN device where the kernel has no 802.1Q: it only gives it a carrier. */
export const holderName = (vid: number): string => `holder.${vid}`;

/** Interfaces that a complete host has, beside `lo`. */
export function interfaces(host: 'issuer' | 'switch' | 'responder', kernelVlans: boolean): string[] {
  const emulated = kernelVlans ? [] : VLANS.slice(1);
  if (host === 'issuer') return ACCESS.map((a) => a.ifname);
  if (host === 'responder') return [TRUNK.ifname, ...(kernelVlans ? VLANS : emulated).map(vlanName)];
  return [BRIDGE, TRUNK.port, ...ACCESS.map((a) => a.port), ...emulated.map(holderName)];
}

/** Lines for `ip -n SWITCH -batch -`: cables, plugged in at the hosts, and the bridge, all down. */
export function cables(name: string): string[] {
  const issuer = namespace(name, 'issuer');
  const responder = namespace(name, 'responder');
  return [
    `link add name ${BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link add name ${TRUNK.port} type veth peer name ${TRUNK.ifname} address ${TRUNK.lladdr} netns ${responder}`,
    ...ACCESS.map(
      (a) => `link add name ${a.port} type veth peer name ${a.ifname} address ${a.lladdr} netns ${issuer}`,
    ),
    ...[TRUNK.port, ...ACCESS.map((a) => a.port)].map((port) => `link set dev ${port} master ${BRIDGE}`),
  ];
}

/** Line that makes a real VLAN device in the responder. */
export const vlanDevice = (vid: number): string =>
  `link add link ${TRUNK.ifname} name ${vlanName(vid)} type vlan id ${vid}`;

/** Line, for the switch, that makes the veth which stands for that device. It has eth0's MAC, as a VLAN device has. */
export const emulatedDevice = (name: string, vid: number): string =>
  `link add name ${holderName(vid)} type veth peer name ${vlanName(vid)} address ${TRUNK.lladdr} netns ${namespace(name, 'responder')}`;

/** Lines that give the interfaces of a host their addresses. */
export function addresses(host: 'issuer' | 'responder', kernelVlans: boolean): string[] {
  const have = interfaces(host, kernelVlans);
  return [0, ...VLANS].flatMap((vid) => {
    const dev =
      host === 'issuer' ? ACCESS.find((a) => a.vid === vid)!.ifname : vid ? vlanName(vid) : TRUNK.ifname;
    return have.includes(dev) ? [`address add ${address(host, vid)}/24 dev ${dev}`] : [];
  });
}

/** Lines that bring interfaces up, without the link-local IPv6 address whose announcements would be stray frames. */
export const up = (ifnames: readonly string[], hasIpv6: boolean): string[] => [
  ...(hasIpv6 ? ifnames.map((ifname) => `link set dev ${ifname} addrgenmode none`) : []),
  ...ifnames.map((ifname) => `link set dev ${ifname} up`),
];
