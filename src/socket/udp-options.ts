import { EventEmitter } from 'node:events';
import { ringCapacity } from '../memory/socket-page.js';
import type { Channel } from './channel.js';
import { badArgument, checkBufferSize, missingArgument, noBuffers, noSources, outOfRange } from './errors.js';
import type { Memberships } from './memberships.js';
import { Settings } from './settings.js';
import type { SocketEvents } from './socket-options.js';

/** By the numbers of `MtuDiscovery`. */
const MTU_DISCOVERY = ['dont', 'want', 'do', 'probe'] as const;
export type MtuDiscoveryName = (typeof MTU_DISCOVERY)[number];

/** What can be set at a UDP socket, groups included; a port is named by its name (`eth0.42`) or by an address of it. */
export abstract class UdpOptions extends EventEmitter<SocketEvents> {
  /** @internal */
  protected readonly settings = new Settings();
  /** @internal */
  protected abstract readonly memberships: Memberships;
  /** Octets of the buffers that it is opened with. @internal */
  protected abstract readonly buffers: { readonly receive: number; readonly send: number };

  /** Whether it may send to broadcast addresses. What others send to them comes to every socket that is not bound to another address. */
  setBroadcast(flag: boolean): void {
    this.demandOpen();
    this.settings.broadcast = flag;
    this.apply();
  }

  setTTL(ttl: number): number {
    checkTtl('setTTL', ttl, 1);
    this.demandOpen();
    this.settings.ttl = ttl;
    this.apply();
    return ttl;
  }

  /** PCP of the VLAN tag, 0 to 7: SO_PRIORITY. */
  setPriority(priority: number): void {
    if (!Number.isInteger(priority) || priority < 0 || priority > 7)
      throw badArgument('priority', 'a number from 0 to 7');
    this.demandOpen();
    this.settings.priority = priority;
    this.apply();
  }

  /**
   * IP_MTU_DISCOVER: whether datagrams may be cut. `dont`, unless told otherwise: here, and by routers; `want`: here alone, to what routers
   * said of the path; `do`: nowhere, and what is too long for the path is EMSGSIZE; `probe`: nowhere, whatever routers said. A connected
   * socket is told by an `error` EMSGSIZE that a router dropped one, but with `dont`.
   */
  setMtuDiscovery(how: MtuDiscoveryName): void {
    const number = MTU_DISCOVERY.indexOf(how);
    if (number < 0) throw badArgument('how', "'dont', 'want', 'do' or 'probe'");
    this.demandOpen();
    this.settings.mtuDiscovery = number;
    this.apply();
  }

  /**
   * Joins a group on a port; without one on that of the socket, or the only one of its device. A socket that is not bound is bound to any UDP
   * port. It gets what is sent to the group and its UDP port, and, as on Linux (`setMulticastAll`), what is sent to groups that others here have joined.
   */
  addMembership(multicastAddress: string, multicastInterface?: string): void {
    this.demandOpen();
    if (multicastAddress === undefined) throw missingArgument('multicastAddress');
    this.bindNear(this.memberships.add(multicastAddress, multicastInterface));
  }

  /** Leaves it; what is joined at the end is left when the socket closes. */
  dropMembership(multicastAddress: string, multicastInterface?: string): void {
    this.demandOpen();
    if (multicastAddress === undefined) throw missingArgument('multicastAddress');
    this.memberships.drop(multicastAddress, multicastInterface);
  }

  /** Always throws: sources can be chosen by IGMPv3 only. */
  addSourceSpecificMembership(_sourceAddress: string, _groupAddress: string, _interface?: string): void {
    throw noSources('addSourceSpecificMembership');
  }

  /** Always throws. */
  dropSourceSpecificMembership(_sourceAddress: string, _groupAddress: string, _interface?: string): void {
    throw noSources('dropSourceSpecificMembership');
  }

  /** How many routers multicasts may pass, and one; default 1: they stay on the link. 0: on this host. */
  setMulticastTTL(ttl: number): number {
    checkTtl('setMulticastTTL', ttl, 0);
    this.demandOpen();
    this.settings.groupTtl = ttl;
    this.apply();
    return ttl;
  }

  /** Whether members on this host, the socket itself among them, get what it sends; default true. */
  setMulticastLoopback(flag: boolean): boolean {
    this.demandOpen();
    this.settings.loopsGroups = flag;
    this.apply();
    return flag;
  }

  /** The port that multicasts leave by; `0.0.0.0`: what the route says, or the only one. */
  setMulticastInterface(multicastInterface: string): void {
    if (typeof multicastInterface !== 'string') throw badArgument('multicastInterface', 'a string');
    this.demandOpen();
    this.settings.groupSlot = this.memberships.slotOf(multicastInterface);
    this.apply();
  }

  /** IP_MULTICAST_ALL: whether it also gets what is sent to groups that it has not joined itself, but others here have; default true. */
  setMulticastAll(flag: boolean): void {
    this.demandOpen();
    this.settings.hearsAllGroups = flag;
    this.apply();
  }

  getRecvBufferSize(): number {
    const { receive } = this.buffers;
    const channel = this.demandBound(RECEIVE_SIZE);
    if (channel !== undefined) return channel.page.receiveLimit;
    return Math.min(this.settings.receiveLimit ?? receive, ringCapacity(receive));
  }

  getSendBufferSize(): number {
    const channel = this.demandBound(SEND_SIZE);
    if (channel !== undefined) return channel.sendLimit;
    const most = ringCapacity(this.buffers.send);
    return Math.min(this.settings.sendLimit ?? most, most);
  }

  /** No more than the buffer that the socket was made with. It holds at the next worker too. */
  setRecvBufferSize(size: number): void {
    checkBufferSize(size);
    this.demandBound(RECEIVE_SIZE);
    this.settings.receiveLimit = size;
    this.apply();
  }

  /** The same of what waits to be sent; one datagram may always. */
  setSendBufferSize(size: number): void {
    checkBufferSize(size);
    this.demandBound(SEND_SIZE);
    this.settings.sendLimit = size;
    this.apply();
  }

  /** Throws where it is closed, or has not been bound. Without a channel its worker is being replaced. @internal */
  protected abstract demandBound(error: () => Error): Channel | undefined;
  /** Throws where it is closed. @internal */
  protected abstract demandOpen(): void;
  /** Tells the worker, if there is one, of the settings. @internal */
  protected abstract apply(): void;
  /** Binds a socket that is not, on the device of the port that has this address. @internal */
  protected abstract bindNear(address: number): void;
}

function checkTtl(syscall: string, ttl: number, least: number): void {
  if (typeof ttl !== 'number') throw badArgument('ttl', 'a number');
  if (!Number.isInteger(ttl) || ttl < least || ttl > 255)
    throw outOfRange(syscall, syscall === 'setTTL' ? 'TTL' : 'multicast TTL', least, 255);
}

const RECEIVE_SIZE = () => noBuffers('uv_recv_buffer_size');
const SEND_SIZE = () => noBuffers('uv_send_buffer_size');
