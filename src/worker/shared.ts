import type { MessagePort } from 'node:worker_threads';
import type { PcapPlace } from '../device/pcap.js';
import type { FilterChange } from '../device/pcap-filter.js';
import type { XdpPlace } from '../device/xdp.js';
import type { EvlnetError, Exit } from '../errors.js';
import type { EchoSetup } from '../service/echo-client.js';
import type { NeighbourSetup } from '../stack/neighbour.js';
import type { PacketBinding } from '../stack/packet-endpoint.js';
import type { PortConfig, TraceLevel } from '../stack/port.js';
import type { RouteConfig } from '../stack/route.js';
import type { Joined, UdpBinding } from '../stack/udp-endpoint.js';

/** Words of the Int32Array between the two sides. */
export const Word = {
  /** In-band: commands posted. */
  Command: 0,
  /** Out-of-band: commands done. */
  Done: 1,
  /** Out-of-band: moves at every turn. */
  Heartbeat: 2,
  /** Out-of-band: 1 once it runs. */
  Running: 3,
  /** In-band: end now. */
  Stop: 4,
  /** Out-of-band: what the last command `path-mtu` found. */
  PathMtu: 5,
  /** Out-of-band: number of its thread, as /proc has it. */
  Thread: 6,
} as const;
export const WORDS = 16;

/** Turns of the loop without a frame before it waits in poll(2); 'always' never waits. */
export type Spin = number | 'always';

/** Where and how urgently the out-of-band side runs. */
export interface Urgency {
  readonly cpus: readonly number[] | undefined;
  /** SCHED_FIFO. */
  readonly priority: number | undefined;
}

/** What the out-of-band thread is started with. */
export interface ThreadData extends Urgency {
  readonly words: SharedArrayBuffer;
  readonly trace: SharedArrayBuffer;
  readonly suppressed: SharedArrayBuffer;
  readonly echoes: SharedArrayBuffer;
  readonly neighbours: SharedArrayBuffer;
  readonly services: SharedArrayBuffer;
  /** Address of the counters page: a mapping crosses threads as a number. */
  readonly counters: number;
  readonly commands: MessagePort;
  /** Address of the applications' bell. */
  readonly bell: number;
  readonly device: XdpPlace;
  /** Undefined: about 50 µs of turns. */
  readonly spin: Spin | undefined;
}

/** Descriptors of an out-of-band process: the channel that wakes it, and takes what it says in the end; what it shares. */
export const WAKE_FD = 3;
export const MEMORY_FD = 4;

/** What the out-of-band process is started with, as JSON. */
export interface ProcessData extends Urgency {
  readonly countersFile: string;
  readonly bell: BellPlace;
  readonly device: PcapPlace;
}

/** A port with what runs on it. */
export interface PortSetup extends PortConfig {
  /** Of the kernel's device; undefined for an evlnet VLAN port. */
  readonly ifindex: number | undefined;
  /** A filter of the base device decides, frame by frame, whether the kernel gets it. */
  readonly isFiltered: boolean;
  readonly routes: readonly RouteConfig[];
  /** Permanent ones of a port whose ARP is evlnet's. */
  readonly neighbours: readonly NeighbourSetup[];
  readonly trace: TraceLevel;
  readonly responds: boolean;
  readonly udpEcho: readonly number[];
  /** Services of users' own, by their place in the service page. */
  readonly modules: readonly number[];
}

/** Files in the run folder by which applications ring. */
export interface BellPlace {
  readonly file: string;
  /** FIFO that wakes the out-of-band side. */
  readonly wake: string;
}

/** A socket's memory and the FIFO at which its application waits: as they are in this process, or by name. */
export type SocketPlace =
  | { readonly address: number; readonly length: number; readonly wakeFd: number }
  | { readonly file: string; readonly length: number; readonly wake: string };

export type SocketBinding = UdpBinding | PacketBinding;

export const isPacketBinding = (binding: SocketBinding): binding is PacketBinding => 'ethertype' in binding;

export interface SocketSetup {
  readonly id: number;
  /** Of a packet socket or of a UDP socket, which makes it one. */
  readonly binding: SocketBinding;
  readonly place: SocketPlace;
}

/** A module that makes a service. */
export interface ModuleSetup {
  readonly url: string;
  /** For its maker, as JSON has it. */
  readonly options?: unknown;
}

export type Command =
  /** All ports, in place of those before. */
  | { readonly kind: 'ports'; readonly ports: readonly PortSetup[] }
  /** The kernel's neighbours on its devices, in place of those before. */
  | {
      readonly kind: 'neighbours';
      readonly tables: readonly { readonly slot: number; readonly entries: readonly NeighbourSetup[] }[];
    }
  /** Has a neighbour asked for, if it is not known to be there; its entry tells what came of it. */
  | { readonly kind: 'solicit'; readonly slot: number; readonly address: number }
  /** Forgets one neighbour of that slot, or all; not the permanent ones. */
  | { readonly kind: 'forget'; readonly slot: number; readonly address: number | undefined }
  /** Forgets what routers said of paths. */
  | { readonly kind: 'forget-paths' }
  /** Word.PathMtu tells what routers said of the path to `address`, 0 where they said nothing. */
  | { readonly kind: 'path-mtu'; readonly address: number }
  /** Sends echo requests through the port of that slot. EchoTotal.Refusal tells whether it can. */
  | { readonly kind: 'ping'; readonly setup: EchoSetup; readonly slot: number }
  /** It sends no more, and replies still count. */
  | { readonly kind: 'ping-enough'; readonly client: number }
  | { readonly kind: 'ping-end'; readonly client: number }
  | ({ readonly kind: 'open-socket' } & SocketSetup)
  | ({ readonly kind: 'bind-socket' } & Pick<SocketSetup, 'id' | 'binding'>)
  | { readonly kind: 'close-socket'; readonly id: number }
  /** Has a UDP socket join a group, which it has not, or leave one that it has joined. */
  | { readonly kind: 'join-group'; readonly id: number; readonly joined: Joined }
  | { readonly kind: 'leave-group'; readonly id: number; readonly joined: Joined }
  /** Loads a service of a user's own; ServicePhase tells what became of it. */
  | ({ readonly kind: 'load-service'; readonly id: number } & ModuleSetup)
  | { readonly kind: 'unload-service'; readonly id: number }
  /** Frames carry times from now on, with that mark; 0: no more. */
  | { readonly kind: 'stamp'; readonly mark: number }
  /** Zeroes the counters of these slots. */
  | { readonly kind: 'reset'; readonly slots: readonly number[] }
  /** Counts garbage collections of the thread from now on, or no more. */
  | { readonly kind: 'collections'; readonly on: boolean }
  /** For tests of the fail-safe: throw, or turn for ever. */
  | { readonly kind: 'fail'; readonly how: 'throw' | 'loop' };

/** For a device that decides itself. */
export type DeviceCommand = { readonly kind: 'filter' } & FilterChange;

/** An error of the out-of-band side on its way to the in-band side. */
export interface Failure {
  readonly failure: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly exit: Exit;
  };
}

export const failureOf = ({ code, message, hint, exit }: EvlnetError): Failure => ({
  failure: { code, message, exit, ...(hint === undefined ? {} : { hint }) },
});
