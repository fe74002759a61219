import { EvlnetError } from '../errors.js';
import { Errno, systemError } from '../linux/libc.js';
import { reserveUdpPort, type UdpPlace } from '../linux/reserved-port.js';
import { broadcast, formatIpv4, isMulticast } from '../wire/address.js';
import type { PortSetup } from './shared.js';
import type { Bound } from './socket-bind.js';

/** What is held: for a socket, or for a service, which needs no right to a port: who has none to privileged ones does without. */
export interface Holding extends Bound {
  readonly isService?: boolean;
}

/**
 * UDP ports of sockets and services, on devices that the kernel's stack serves too: there the kernel holds them, so that no other program
 * gets one that evlnet serves, and evlnet gets none that another program has.
 */
export class KernelPorts {
  readonly #held = new Map<string, { close(): void }>();
  /** What was warned of. */
  #refused = new Set<string>();

  /** Holds what `bound` takes beside what is held already; throws EADDRINUSE where the kernel's stack has given it to somebody else. */
  reserve(bound: Holding, ports: readonly PortSetup[]): void {
    for (const place of placesOf(bound, ports)) {
      const refused = this.#hold(place, bound);
      if (refused !== 0) throw bindError(place, refused);
    }
  }

  /** Holds what all of these take, and nothing else; warns, once, of what somebody else has. */
  follow(
    all: readonly Holding[],
    ports: readonly PortSetup[],
    onWarning: (message: string, hint?: string) => void,
  ): void {
    const wanted = all.map((bound) => ({ bound, places: placesOf(bound, ports) }));
    const keys = new Set(wanted.flatMap(({ places }) => places.map(keyOf)));
    for (const [key, held] of this.#held)
      if (!keys.has(key)) {
        held.close();
        this.#held.delete(key);
      }
    const before = this.#refused;
    this.#refused = new Set();
    for (const { bound, places } of wanted)
      for (const place of places) {
        const refused = this.#hold(place, bound);
        if (refused === 0) continue;
        const key = keyOf(place);
        this.#refused.add(key);
        if (before.has(key)) continue;
        const { message, hint } = bindError(place, refused);
        onWarning(message, hint);
      }
  }

  close(): void {
    for (const held of this.#held.values()) held.close();
    this.#held.clear();
  }

  /** 0, or errno. */
  #hold(place: UdpPlace, { reusesAddress, isService }: Holding): number {
    const key = keyOf(place);
    if (this.#held.has(key)) return 0;
    const held = reserveUdpPort(place, reusesAddress);
    if (held === Errno.EACCES && isService) return 0;
    // The device or its address is gone: then so is what could be taken away.
    if (typeof held === 'number') return held === Errno.EADDRNOTAVAIL || held === Errno.ENODEV ? 0 : held;
    this.#held.set(key, held);
    return 0;
  }
}

/** What services on these ports serve, as a socket would have it. `udpPortOf` a module's service, 0: no port of its own. */
export const servedOn = (
  ports: readonly Pick<PortSetup, 'vid' | 'udpEcho' | 'modules'>[],
  udpPortOf: (module: number) => number,
): Holding[] =>
  ports.flatMap(({ vid, udpEcho, modules }) =>
    [...udpEcho, ...modules.map(udpPortOf)].filter((p) => p !== 0).map((p) => servedAt(vid, p)),
  );

/** That UDP port on the port of a slot, at all its addresses. */
export const servedAt = (slot: number, udpPort: number): Holding => ({
  binding: { address: 0, udpPort, slot, peerAddress: 0, peerPort: 0 },
  reusesAddress: false,
  isService: true,
});

/**
 * Where the kernel would give others what this socket is bound to. Where a filter decides who gets a frame, the same port may be served on
 * both sides, as with EVL.
 */
export function placesOf({ binding }: Pick<Bound, 'binding'>, ports: readonly PortSetup[]): UdpPlace[] {
  const { address, udpPort, slot } = binding;
  return ports.flatMap(({ ifindex, isFiltered, vid, addresses }) => {
    if (ifindex === undefined || isFiltered || (slot >= 0 && slot !== vid)) return [];
    const isOurs =
      address === 0xffff_ffff ||
      isMulticast(address) ||
      addresses.some((a) => a.address === address || broadcast(a.address, a.prefix) === address);
    const own = address === 0 ? addresses.map((a) => a.address) : isOurs ? [address] : [];
    return own.map((a) => ({
      ifindex,
      address: a,
      isHost: addresses.some((o) => o.address === a),
      udpPort,
    }));
  });
}

const keyOf = ({ ifindex, address, udpPort }: UdpPlace) => `${ifindex} ${address} ${udpPort}`;

function bindError({ address, udpPort }: UdpPlace, errno: number): EvlnetError {
  const what = `${formatIpv4(address)}:${udpPort}`;
  if (errno === Errno.EADDRINUSE)
    return new EvlnetError(
      'EADDRINUSE',
      `Cannot bind to ${what}: the kernel's stack has it in use (EADDRINUSE)`,
      {
        errno,
        hint: `who has it: ss -ulpn 'sport = ${udpPort}'`,
      },
    );
  if (errno === Errno.EACCES)
    return new EvlnetError('EACCES', `Cannot bind to ${what}: the port is a privileged one (EACCES)`, {
      errno,
      hint: 'CAP_NET_BIND_SERVICE, or ports from net.ipv4.ip_unprivileged_port_start on',
    });
  return systemError(`bind to ${what}`, errno);
}
