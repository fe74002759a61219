// Which addresses and ports a UDP socket may have: inet_bind() and udp_lib_get_port() of Linux (net/ipv4/af_inet.c, net/ipv4/udp.c).
import { EvlnetError } from '../errors.js';
import { Errno } from '../linux/libc.js';
import type { PacketBinding } from '../stack/packet-endpoint.js';
import type { UdpBinding } from '../stack/udp-endpoint.js';
import { formatIpv4, isMulticast, netmask } from '../wire/address.js';
import type { PortSetup } from './shared.js';

/** net.ipv4.ip_local_port_range */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;

/** What is asked for: 0 is any address, any free port. */
export interface Wish {
  readonly address: number;
  readonly udpPort: number;
  /** Name of the port that it is bound to. */
  readonly ifname: string | undefined;
  readonly reusesAddress: boolean;
}

/** What is asked for by a packet socket. */
export interface PacketWish {
  /** As PacketBinding has it. */
  readonly ethertype: number;
  /** Name of the port; undefined: whatever the device takes. */
  readonly ifname: string | undefined;
}

export interface Bound {
  readonly binding: UdpBinding;
  readonly reusesAddress: boolean;
}

/** The addresses of a new socket beside those of others; throws as bind(2) fails. */
export function bindingOf(wish: Wish, ports: readonly PortSetup[], others: Iterable<Bound>): UdpBinding {
  const { address, ifname } = wish;
  const bound = ports.find((p) => p.ifname === ifname);
  if (ifname !== undefined && bound === undefined)
    throw bindError('ENODEV', wish, `no port "${ifname}"`, 'evlnet port show');
  const own = bound === undefined ? ports : [bound];
  if (address !== 0 && !own.some((p) => isAddressOf(p, address)))
    throw bindError('EADDRNOTAVAIL', wish, 'no port has this address', 'evlnet port show');
  const slot = bound?.vid ?? -1;
  const taken = [...others];
  const isFree = (udpPort: number) =>
    !taken.some((o) => conflicts(o, { ...wish, udpPort }, slot)) &&
    !own.some((p) => p.udpEcho.includes(udpPort));
  const udpPort = wish.udpPort === 0 ? freePort(isFree) : wish.udpPort;
  if (udpPort === undefined || !isFree(udpPort))
    throw bindError('EADDRINUSE', wish, 'address already in use', 'reuseAddr lets sockets share it');
  return { address, udpPort, slot, peerAddress: 0, peerPort: 0 };
}

/** What a packet socket is bound to, as packet(7) binds: EVL says EINVAL where a device is no port. */
export function packetBindingOf(
  { ethertype, ifname }: PacketWish,
  ports: readonly PortSetup[],
): PacketBinding {
  if (ifname === undefined) return { ethertype, slot: -1 };
  const port = ports.find((p) => p.ifname === ifname);
  if (port === undefined)
    throw new EvlnetError('ENODEV', `Cannot bind to "${ifname}": no such port (ENODEV)`, {
      hint: `evlnet port enable ${ifname}`,
      errno: Errno.ENODEV,
    });
  return { ethertype, slot: port.vid };
}

/** The addresses after connect(2); throws as that fails. `groupSlot`: of the port that the socket names for multicasts, or -1. */
export function connectionOf(
  binding: UdpBinding,
  peerAddress: number,
  peerPort: number,
  ports: readonly PortSetup[],
  groupSlot = -1,
): UdpBinding {
  const isMany = isMulticast(peerAddress);
  const bound = isMany && binding.slot < 0 ? groupSlot : binding.slot;
  const own = ports.filter((p) => bound < 0 || bound === p.vid);
  const route = own
    .flatMap((p) => p.routes)
    .filter((r) => (peerAddress & netmask(r.prefix)) >>> 0 === r.network)
    .sort((a, b) => b.prefix - a.prefix || a.metric - b.metric)[0];
  const to = `${formatIpv4(peerAddress)}:${peerPort}`;
  // As findPath has it: no route is needed where there is but one port.
  const only = isMany && own.length === 1 ? own[0]!.addresses[0]?.address : undefined;
  const source = route?.source ?? only;
  if (source === undefined)
    throw new EvlnetError('ENETUNREACH', `Cannot connect to ${to}: network is unreachable (ENETUNREACH)`, {
      hint: 'evlnet port show: a port whose address is of that network',
      errno: Errno.ENETUNREACH,
    });
  const address = binding.address === 0 ? source : binding.address;
  return { ...binding, address, peerAddress, peerPort };
}

/** Of a port: its addresses, the broadcast addresses of their networks, the one of all, and every group. */
function isAddressOf({ addresses }: PortSetup, address: number): boolean {
  if (isMulticast(address)) return true;
  const isBroadcast = (own: number, prefix: number) =>
    prefix < 31 && (own | ~netmask(prefix)) >>> 0 === address;
  return (
    address === 0xffff_ffff ||
    addresses.some((a) => a.address === address || isBroadcast(a.address, a.prefix))
  );
}

/** inet_rcv_saddr_equal() and what stands around it. */
function conflicts({ binding, reusesAddress }: Bound, wish: Wish, slot: number): boolean {
  if (binding.udpPort !== wish.udpPort) return false;
  if (binding.slot >= 0 && slot >= 0 && binding.slot !== slot) return false;
  if (binding.address !== 0 && wish.address !== 0 && binding.address !== wish.address) return false;
  return !(reusesAddress && wish.reusesAddress);
}

/** Begins anywhere, as Linux does: who guesses ports must guess (RFC 6056 §3.3.1). */
function freePort(isFree: (udpPort: number) => boolean): number | undefined {
  const range = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
  const first = Math.floor(Math.random() * range);
  for (let n = 0; n < range; n++) {
    const udpPort = FIRST_EPHEMERAL + ((first + n) % range);
    if (isFree(udpPort)) return udpPort;
  }
  return undefined;
}

const bindError = (
  code: 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'ENODEV',
  { address, udpPort }: Wish,
  reason: string,
  hint: string,
) =>
  new EvlnetError(code, `Cannot bind to ${formatIpv4(address)}:${udpPort}: ${reason} (${code})`, {
    hint,
    errno: Errno[code],
  });
