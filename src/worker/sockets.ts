import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EvlnetError } from '../errors.js';
import { makeFifo, openFifo } from '../linux/fifo.js';
import { namingErrors } from '../linux/file-error.js';
import { close, Errno, write } from '../linux/libc.js';
import { mapNewFile } from '../linux/mapped-file.js';
import { type Mapping, unmap } from '../linux/memory.js';
import { Stage } from '../memory/counters.js';
import { ringCapacity, SocketPage, socketPageLength } from '../memory/socket-page.js';
import type { PacketBinding } from '../stack/packet-endpoint.js';
import type { Joined, UdpBinding } from '../stack/udp-endpoint.js';
import type { BellEnd } from './bell-end.js';
import { Delays } from './delays.js';
import type { DriverTimes } from './driver-times.js';
import { ending } from './ending.js';
import { KernelGroups } from './kernel-groups.js';
import { KernelPorts, servedAt, servedOn } from './kernel-ports.js';
import type { OutOfBandSide } from './out-of-band-side.js';
import { isPacketBinding, type PortSetup, type SocketBinding, type SocketPlace } from './shared.js';
import {
  type Bound,
  bindingOf,
  connectionOf,
  type PacketWish,
  packetBindingOf,
  type Wish,
} from './socket-bind.js';
import { demandJoinable, indexOf } from './socket-groups.js';

/** What an application gets to see of its socket. */
export interface OpenedSocket<B extends SocketBinding = SocketBinding> {
  readonly id: number;
  /** Files: its memory, the FIFO at which it waits, the bell and the FIFO of the out-of-band side. */
  readonly memory: string;
  readonly length: number;
  readonly wake: string;
  readonly bell: string;
  readonly bellWake: string;
  readonly binding: B;
}

/** Whether a socket wants to know when the driver had what it receives, and when the NIC had it. */
export interface WantedTimes {
  readonly isWanted: boolean;
  readonly hardware: boolean;
}

interface Socket {
  binding: SocketBinding;
  readonly reusesAddress: boolean;
  readonly memory: Mapping;
  /** Made before its application saw it: what that writes over the capacities changes nothing. */
  readonly page: SocketPage;
  readonly wakeFd: number;
  readonly file: string;
  /** Of its page: what was carried to the counters already. */
  readonly delays: Delays;
  readonly joined: Joined[];
  /** Settles when its last change of addresses is done. */
  rebound: Promise<unknown>;
  /** The port that it is bound to is gone, and it was told so. */
  isPortless: boolean;
}

/** More would be a mistake: each has its memory, and looking for what to send goes over all of them. */
const MAX_SOCKETS = 1024;
/** Ephemeral ports that may turn out to be somebody else's before one is given up. */
const MAX_TRIES = 1000;

const badSocket = (act: string) =>
  new EvlnetError('EBADF', `Cannot ${act}: the socket is closed, or of another kind (EBADF)`);

function discard({ wakeFd, memory }: Socket): void {
  close(wakeFd);
  unmap(memory);
}

/** The sockets of applications, as the in-band side keeps them: who has which port, and their memory. */
export class Sockets {
  readonly #sockets = new Map<number, Socket>();
  readonly #groups = new KernelGroups();
  readonly #kernelPorts = new KernelPorts();
  readonly #folder: string;
  #lastId = 0;
  #isRefusing = false;

  constructor(
    readonly outOfBand: OutOfBandSide,
    readonly bell: BellEnd,
    readonly times: DriverTimes,
    folder: string,
    readonly ports: () => readonly PortSetup[],
  ) {
    this.#folder = join(folder, 'sockets');
  }

  /** Whether there ever was one. */
  get wereUsed(): boolean {
    return this.#lastId > 0;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Its worker is about to end: a socket that is opened now would lose what it sends first. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Opens and binds one with buffers of so many octets; the first that it receives has the times that are wanted already. */
  async open(
    wish: Wish | PacketWish,
    receive: number,
    send: number,
    times: WantedTimes = { isWanted: false, hardware: false },
  ): Promise<OpenedSocket> {
    if (this.#isRefusing) throw ending('open a socket');
    if (this.#sockets.size >= MAX_SOCKETS)
      throw new EvlnetError('EMFILE', `Cannot open a socket: the worker has ${MAX_SOCKETS} already (EMFILE)`);
    const binding = this.#bindingOf(wish);
    const id = ++this.#lastId;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, String(id));
    const wake = `${file}.wake`;
    const capacities = { receive: ringCapacity(receive), send: ringCapacity(send), limit: receive };
    const length = socketPageLength(capacities.receive, capacities.send);
    const { memory, wakeFd } = this.#makeFiles(file, wake, length);
    const page = new SocketPage(memory.buffer, capacities);
    // Taken before anybody else is asked: who comes meanwhile finds the port in use.
    const reusesAddress = 'reusesAddress' in wish && wish.reusesAddress;
    const delays = new Delays(page.delays);
    this.#sockets.set(id, {
      binding,
      reusesAddress,
      memory,
      page,
      wakeFd,
      file,
      delays,
      joined: [],
      rebound: Promise.resolve(),
      isPortless: false,
    });
    const place: SocketPlace = this.outOfBand.sharesMemory
      ? { address: memory.address, length, wakeFd }
      : { file, length, wake };
    try {
      // Where that cannot be, `stamp` will say so.
      if (times.isWanted) await this.times.want(id, times.hardware).catch(() => {});
      await this.outOfBand.command({ kind: 'open-socket', id, binding, place });
    } catch (error) {
      await this.close(id);
      throw this.#isRefusing ? ending('open a socket') : error;
    }
    const { file: bell, wake: bellWake } = this.bell;
    return { id, memory: file, length, wake, bell, bellWake, binding };
  }

  /** Where they cannot be made nothing is left of them, and nothing is held. */
  #makeFiles(file: string, wake: string, length: number): { memory: Mapping; wakeFd: number } {
    let memory: Mapping | undefined;
    try {
      memory = namingErrors('make', file, '', () => mapNewFile(file, length));
      makeFifo(wake);
      return { memory, wakeFd: openFifo(wake) };
    } catch (error) {
      if (memory !== undefined) unmap(memory);
      for (const made of [file, wake]) rmSync(made, { force: true });
      this.#followKernelPorts();
      throw error;
    }
  }

  /** Connects it, or (peer 0) no more. A source address that connecting gave it stays, as on Linux while one is bound. */
  async connect(id: number, peerAddress: number, peerPort: number): Promise<UdpBinding> {
    const { page } = this.#demandUdp(id, 'connect');
    return this.#rebind<UdpBinding>(id, (bound) =>
      peerPort === 0
        ? { ...bound, peerAddress: 0, peerPort: 0 }
        : connectionOf(bound, peerAddress, peerPort, this.ports(), page.groupSlot),
    );
  }

  /** Binds a packet socket anew. */
  async bind(id: number, wish: PacketWish): Promise<PacketBinding> {
    const bound = this.#sockets.get(id)?.binding;
    if (bound === undefined || !isPacketBinding(bound)) throw badSocket('bind');
    return this.#rebind(id, () => packetBindingOf(wish, this.ports()));
  }

  /** Has a UDP socket join a group on the port of a slot; fails as IP_ADD_MEMBERSHIP does. */
  async join(id: number, wish: Joined): Promise<void> {
    const { joined } = this.#demandUdp(id, 'join a group');
    demandJoinable(wish, joined, this.ports());
    joined.push(wish);
    try {
      this.#followGroups();
      await this.outOfBand.command({ kind: 'join-group', id, joined: wish });
    } catch (error) {
      joined.splice(indexOf(wish, joined), 1);
      throw error;
    }
  }

  async leave(id: number, wish: Joined): Promise<void> {
    const { joined } = this.#demandUdp(id, 'leave a group');
    const i = indexOf(wish, joined);
    if (i < 0) return;
    joined.splice(i, 1);
    this.#followGroups();
    await this.outOfBand.command({ kind: 'leave-group', id, joined: wish });
  }

  /** Takes a UDP port of `ifname` (undefined: of all ports) for a service that is about to start; throws EADDRINUSE where somebody has it. */
  reserveServed(ifname: string | undefined, udpPort: number): void {
    const ports = this.ports().filter((p) => ifname === undefined || p.ifname === ifname);
    try {
      for (const { vid } of ports) this.#kernelPorts.reserve(servedAt(vid, udpPort), ports);
    } catch (error) {
      this.#followKernelPorts();
      throw error;
    }
  }

  /** The ports are others. */
  followPorts(onWarning: (message: string, hint?: string) => void): void {
    this.#followKernelPorts(onWarning);
    this.#tellPortless();
    try {
      this.#followGroups();
    } catch (error) {
      const { message, hint } = error as EvlnetError;
      onWarning(message, hint);
    }
  }

  /** As Linux does when an interface goes: ENETDOWN for packet sockets, nothing for datagrams. */
  #tellPortless(): void {
    const slots = new Set([-1, ...this.ports().map((p) => p.vid)]);
    for (const socket of this.#sockets.values()) {
      const isPortless = isPacketBinding(socket.binding) && !slots.has(socket.binding.slot);
      if (isPortless && !socket.isPortless) {
        socket.page.fault = Errno.ENETDOWN;
        // Whether it waits or not: it may be about to.
        write(socket.wakeFd, socket.memory.address, 1);
      }
      socket.isPortless = isPortless;
    }
  }

  /** Has the kernel be a member where it has the device. */
  #followGroups(): void {
    const all = [...this.#sockets.values()].flatMap((s) => s.joined);
    this.#groups.follow(all, this.ports());
  }

  /** Resolves once what is wanted holds. */
  async stamp(id: number, { isWanted, hardware }: WantedTimes): Promise<void> {
    if (!this.#sockets.has(id)) throw badSocket('stamp');
    if (isWanted) await this.times.want(id, hardware);
    else await this.times.release(id);
    // It may have been closed meanwhile.
    if (isWanted && !this.#sockets.has(id)) await this.times.release(id);
  }

  /** Carries what applications measured to the counters. */
  publish(): void {
    for (const { delays } of this.#sockets.values())
      delays.carryTo(this.outOfBand.counters.stages[Stage.QueueApplication]!);
  }

  async close(id: number): Promise<void> {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    this.publish();
    this.#sockets.delete(id);
    void this.times.release(id).catch(() => {});
    for (const file of [socket.file, `${socket.file}.wake`]) rmSync(file, { force: true });
    // Nobody may look at memory that is gone; where the out-of-band side does not answer, it stays.
    if (socket.joined.length > 0) this.#followGroups();
    this.#followKernelPorts();
    await this.outOfBand.command({ kind: 'close-socket', id });
    discard(socket);
  }

  /** What is wished for is taken in the kernel's stack too, where that serves the same addresses. */
  #bindingOf(wish: Wish | PacketWish): SocketBinding {
    if ('ethertype' in wish) return packetBindingOf(wish, this.ports());
    const others = this.#datagramSockets();
    for (let tries = 0; ; tries++) {
      const binding = bindingOf(wish, this.ports(), others);
      const bound = { binding, reusesAddress: wish.reusesAddress };
      try {
        this.#kernelPorts.reserve(bound, this.ports());
        return binding;
      } catch (error) {
        this.#followKernelPorts();
        // Any port will do: another one.
        if (wish.udpPort !== 0 || (error as EvlnetError).code !== 'EADDRINUSE' || tries > MAX_TRIES)
          throw error;
        others.push({ binding, reusesAddress: false });
      }
    }
  }

  #datagramSockets(): Bound[] {
    return [...this.#sockets.values()].filter((s): s is Socket & Bound => !isPacketBinding(s.binding));
  }

  #followKernelPorts(onWarning: (message: string, hint?: string) => void = () => {}): void {
    const served = servedOn(this.ports(), (module) => this.outOfBand.services.udpPort(module));
    this.#kernelPorts.follow([...this.#datagramSockets(), ...served], this.ports(), onWarning);
  }

  #demandUdp(id: number, act: string): Socket & { binding: UdpBinding } {
    const socket = this.#sockets.get(id);
    if (socket === undefined || isPacketBinding(socket.binding)) throw badSocket(act);
    return socket as Socket & { binding: UdpBinding };
  }

  /** One after the other: the last one that was asked for is the one that holds. */
  #rebind<B extends SocketBinding>(id: number, bindingAfter: (bound: B) => B): Promise<B> {
    const socket = this.#sockets.get(id)!;
    const rebound = socket.rebound.then(async () => {
      const binding = bindingAfter(socket.binding as B);
      await this.outOfBand.command({ kind: 'bind-socket', id, binding });
      socket.binding = binding;
      this.#followKernelPorts();
      return binding;
    });
    socket.rebound = rebound.catch(() => {});
    return rebound;
  }

  /** The out-of-band side has ended: nobody looks at anything any more. */
  end(): void {
    this.#groups.close();
    this.#kernelPorts.close();
    for (const socket of this.#sockets.values()) discard(socket);
    this.#sockets.clear();
  }
}
