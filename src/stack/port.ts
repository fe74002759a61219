import { network } from '../wire/address.js';
import { ExpressAddresses } from './express.js';
import { PortGroups } from './groups.js';
import type { IcmpService, PacketService, UdpService } from './service.js';

/** How much of a port's traffic leaves a trace. */
export const TraceLevel = { Silent: 0, Lines: 1, Verbose: 2, Dump: 3 } as const;
export type TraceLevel = (typeof TraceLevel)[keyof typeof TraceLevel];

/** A port as the stack needs it: what `worker` makes of configuration and kernel tables. Addresses are host-order numbers. */
export interface PortConfig {
  readonly ifname: string;
  /** 0 for a base device. */
  readonly vid: number;
  readonly macHi: number;
  readonly macLo: number;
  /** Octets of a packet. */
  readonly mtu: number;
  readonly addresses: readonly { readonly address: number; readonly prefix: number }[];
  /** An evlnet VLAN port: the kernel has no such device, ARP is ours. */
  readonly ownsArp: boolean;
  /** Sends ICMP errors. */
  readonly icmpErrors: boolean;
}

/** A port in the stack. `slot` is its VID, 0 for the base device; it indexes counters too. */
export class Port {
  readonly slot: number;
  readonly macHi: number;
  readonly macLo: number;
  readonly mtu: number;
  /** Own addresses and, at the same index, the broadcast address of the subnet (0xffffffff where there is none). */
  readonly addresses: Uint32Array;
  readonly broadcasts: Uint32Array;
  readonly ownsArp: boolean;
  readonly icmpErrors: boolean;
  icmp: IcmpService | undefined = undefined;
  trace: TraceLevel = TraceLevel.Silent;
  udp: UdpService[] = [];
  packet: PacketService[] = [];
  /** What is joined on it; the stack sets it. */
  groups = new PortGroups();
  /** Echo replies sent, modulo 2^32: the number in the responder's lines. */
  replies = 0;
  readonly #express: ExpressAddresses | undefined;

  constructor(readonly config: PortConfig) {
    this.slot = config.vid;
    this.macHi = config.macHi;
    this.macLo = config.macLo;
    this.mtu = config.mtu;
    this.ownsArp = config.ownsArp;
    this.icmpErrors = config.icmpErrors;
    this.addresses = Uint32Array.from(config.addresses, (a) => a.address);
    this.broadcasts = Uint32Array.from(config.addresses, (a) =>
      a.prefix >= 31 ? 0xffff_ffff : (a.address | (0xffff_ffff >>> a.prefix)) >>> 0,
    );
    this.#express = this.addresses.length === 1 ? new ExpressAddresses(this) : undefined;
  }

  /** For the express way, while nobody but an echo responder wants to see an echo request. */
  get express(): ExpressAddresses | undefined {
    const isOpen = this.icmp?.isEchoResponder === true && this.trace === 0 && this.packet.length === 0;
    return isOpen ? this.#express : undefined;
  }

  owns(address: number): boolean {
    const a = this.addresses;
    for (let i = 0; i < a.length; i++) if (a[i] === address) return true;
    return false;
  }

  /** Of one of its networks, or of all. */
  isBroadcast(address: number): boolean {
    const b = this.broadcasts;
    for (let i = 0; i < b.length; i++) if (b[i] === address) return true;
    return address === 0xffff_ffff;
  }

  /** The address to ask for `neighbour` from: of its subnet, else the first; 0 where the port has none. */
  addressFor(neighbour: number): number {
    const { addresses } = this.config;
    for (let i = 0; i < addresses.length; i++) {
      const { address, prefix } = addresses[i]!;
      if (network(address, prefix) === network(neighbour, prefix)) return address;
    }
    return this.addresses[0] ?? 0;
  }

  /** In one pass, what RFC 1122 §3.2.1.3 asks of the addresses of a packet to this port. Both may have a sign: an unsigned one may be boxed on the way. */
  judge(sourceBits: number, destinationBits: number): Standing {
    const source = sourceBits >>> 0;
    const destination = destinationBits >>> 0;
    const addresses = this.addresses;
    const broadcasts = this.broadcasts;
    let standing: Standing =
      destination >>> 28 === 0xe || destination === 0xffff_ffff ? Standing.Group : Standing.NotLocal;
    for (let i = 0; i < addresses.length; i++) {
      const own = addresses[i]!;
      const broadcast = broadcasts[i]!;
      if (source === own || source === broadcast) return Standing.BadSource;
      if (destination === own) standing = Standing.Local;
      else if (destination === broadcast) standing = Standing.Group;
    }
    return standing;
  }
}

/** How a packet's addresses stand to a port. */
export const Standing = { Local: 0, Group: 1, BadSource: 2, NotLocal: 3 } as const;
export type Standing = (typeof Standing)[keyof typeof Standing];
