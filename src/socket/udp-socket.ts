import { Errno } from '../linux/libc.js';
import { Message, type MessageRing } from '../memory/message-ring.js';
import { MAX_PAYLOAD } from '../memory/socket-page.js';
import type { UdpBinding } from '../stack/udp-endpoint.js';
import { formatIpv4 } from '../wire/address.js';
import { DEFAULT_BUFFER } from '../worker/socket-request.js';
import { arrivals } from './arrivals.js';
import type { Channel } from './channel.js';
import {
  alreadyBound,
  faultError,
  isConnected,
  notBound,
  notConnected,
  ofSystemCall,
  sendError,
} from './errors.js';
import { Hosts } from './hosts.js';
import { type DatagramVisit, Inbox, type RemoteInfo } from './inbox.js';
import { Lease, type Lessee, type Wanted } from './lease.js';
import { ListeningCallback } from './listening-callback.js';
import { Memberships } from './memberships.js';
import { type NewsOf, tellNews } from './news.js';
import { Outbox } from './outbox.js';
import type { OutgoingDatagram } from './outgoing-datagram.js';
import { bindArguments, connectArguments } from './place-arguments.js';
import { type Payload, type SendCallback, sendArguments } from './send-arguments.js';
import type { AddressInfo, SocketOptions } from './socket-options.js';
import type { SocketStatistics } from './statistics.js';
import { throwOutside } from './throw-outside.js';
import { labelStamp, Timestamper, type Timestamping } from './timestamps.js';
import { UdpOptions } from './udp-options.js';

const NONE: UdpBinding = { address: 0, udpPort: 0, slot: -1, peerAddress: 0, peerPort: 0 };

/** A UDP socket on the out-of-band stack, in the shape of dgram.Socket of Node. */
export class UdpSocket extends UdpOptions {
  readonly #options: SocketOptions;
  readonly #lease: Lease<UdpBinding>;
  /** @internal */
  protected override readonly memberships: Memberships;
  /** @internal */
  protected override readonly buffers: { readonly receive: number; readonly send: number };
  /** It is, also while its worker is being replaced. */
  #isBound = false;
  /** What it was to be bound to. */
  #asked = { address: '0.0.0.0', port: 0 };
  readonly #listening = new ListeningCallback(this);
  #isConnecting = false;
  #wantsRoom = false;
  readonly #hosts: Hosts;
  readonly #stamper = new Timestamper();
  readonly #inbox = new Inbox(this.#stamper, (message, from) => this.emit('message', message, from));
  readonly #outbox = new Outbox<OutgoingDatagram>({
    label(ring, at, { address, port, stamp }) {
      ring.set(at, Message.Address, address);
      ring.set(at, Message.Port, port);
      labelStamp(ring, at, 0, stamp);
    },
    errorOf: sendError,
    onError: (error) => this.#fail(error),
  });

  constructor(options: SocketOptions) {
    super();
    this.#options = options;
    this.buffers = {
      receive: options.recvBufferSize || DEFAULT_BUFFER,
      send: options.sendBufferSize || DEFAULT_BUFFER,
    };
    this.#hosts = new Hosts(options.lookup);
    this.#lease = new Lease(this.#asLessee(), NONE);
    this.memberships = new Memberships(this.#lease, options, (error) => this.#fail(error));
  }

  bind(callback?: () => void): this;
  bind(port?: number, callback?: () => void): this;
  bind(port?: number, address?: string, callback?: () => void): this;
  bind(options: { port?: number; address?: string; exclusive?: boolean }, callback?: () => void): this;
  bind(...args: unknown[]): this {
    this.#lease.demandOpen();
    if (this.#lease.phase !== 'new') throw alreadyBound();
    const { address, port, callback } = bindArguments(args);
    this.#listening.await(callback);
    this.#bind(address, port, 0);
    return this;
  }

  /** Where it is bound. */
  address(): AddressInfo {
    this.demandBound();
    return {
      address: formatIpv4(this.#lease.binding.address),
      family: 'IPv4',
      port: this.#lease.binding.udpPort,
    };
  }

  connect(port: number, callback?: () => void): void;
  connect(port: number, address?: string, callback?: () => void): void;
  connect(...args: unknown[]): void {
    this.#lease.demandOpen();
    const { address, port, callback } = connectArguments(args);
    if (this.#isConnecting || this.#lease.binding.peerPort !== 0) throw isConnected();
    this.#isConnecting = true;
    this.#hosts.resolve(address, (error, peer) => {
      if (this.#lease.phase === 'closed') return;
      const fail = (e: Error) => {
        this.#isConnecting = false;
        this.#tell(() => (callback ? callback(e) : this.emit('error', e)));
      };
      if (error) {
        fail(ofSystemCall(error, { syscall: 'connect', address, port }));
        return;
      }
      if (this.#lease.phase === 'new') this.#bind('0.0.0.0', 0, peer);
      this.#lease.whenBound(() => {
        this.#connect(peer, port).then(() => {
          this.#isConnecting = false;
          this.#tell(() => {
            if (callback) this.once('connect', callback);
            this.emit('connect');
          });
        }, fail);
      });
    });
  }

  disconnect(): void {
    this.#lease.demandOpen();
    if (this.#lease.binding.peerPort === 0) throw notConnected();
    this.#lease.whenBound(() => this.#connect(0, 0).catch((error: Error) => this.#fail(error)));
    this.#lease.binding = { ...this.#lease.binding, peerAddress: 0, peerPort: 0 };
  }

  remoteAddress(): AddressInfo {
    this.#lease.demandOpen();
    const { peerAddress, peerPort } = this.#lease.binding;
    if (peerPort === 0) throw notConnected();
    return { address: formatIpv4(peerAddress), family: 'IPv4', port: peerPort };
  }

  send(message: Payload | readonly Payload[], callback?: SendCallback): void;
  send(message: Payload | readonly Payload[], port?: number, callback?: SendCallback): void;
  send(message: Payload | readonly Payload[], port?: number, address?: string, callback?: SendCallback): void;
  send(message: Payload, offset: number, length: number, callback?: SendCallback): void;
  send(
    message: Payload,
    offset: number,
    length: number,
    port?: number,
    address?: string,
    callback?: SendCallback,
  ): void;
  send(...args: unknown[]): void {
    this.#lease.demandOpen();
    // As in node:dgram: one that is connecting is not connected.
    const isPeerSet = this.#lease.binding.peerPort !== 0;
    const { parts, length, port, address, callback } = sendArguments(args, isPeerSet);
    const stamp = this.#stamper.send();
    const send = (to: number) => {
      this.#lease.whenBound(() => {
        this.memberships.whenJoined(() => {
          const { channel } = this.#lease;
          if (channel) this.#outbox.send(channel, { parts, length, address: to, port, callback, stamp });
        });
      });
    };
    if (isPeerSet) {
      send(0);
      return;
    }
    this.#hosts.resolve(address || '127.0.0.1', (error, to) => {
      if (this.#lease.phase === 'closed') return;
      if (error) {
        const failure = ofSystemCall(error, { syscall: 'send', address, port });
        if (callback) callback(failure, 0);
        else this.emit('error', failure);
        return;
      }
      if (this.#lease.phase === 'new') this.#bind('0.0.0.0', 0, to);
      send(to);
    });
  }

  close(callback?: () => void): this {
    this.#lease.demandOpen();
    if (callback) this.once('close', callback);
    this.#lease.close();
    return this;
  }

  /**
   * Copies a datagram into the send buffer at once, without a callback: the other half of `receive`. Its address is a number; a connected socket
   * gives none. It leaves with the next `flush`. False where there is no room, as while the worker is replaced: `drain` is emitted when there is. What cannot be sent is
   * told by `error`.
   */
  transmit(octets: Uint8Array, address = 0, port = 0): boolean {
    if (octets.length > MAX_PAYLOAD) throw sendError(Errno.EMSGSIZE, { address, port });
    const channel = this.demandBound();
    const isFree = this.#lease.phase === 'bound' && this.#outbox.count === 0;
    if (isFree && channel?.put(octets, address, port, this.#stamper)) return true;
    this.#wantsRoom = true;
    channel?.page.waitToSend();
    channel?.ring();
    return false;
  }

  /** Has the worker send what `transmit` left. */
  flush(): void {
    this.demandBound()?.ring();
  }

  /** Hands up to `most` received datagrams to `visit` at once, without events or copies. */
  receive(visit: DatagramVisit, most = 64): number {
    const { channel } = this.#lease;
    if (channel === undefined) return 0;
    const each = (octets: Uint8Array, ring: MessageRing, at: number) =>
      visit(
        octets,
        ring.get(at, Message.Address) >>> 0,
        ring.get(at, Message.Port),
        ring.timeNs(at),
        this.#stamper.rx ? ring.driverNs(at) : 0,
        this.#stamper.hardware ? ring.hardwareNs(at) : 0n,
      );
    return this.#inbox.visit(channel, each, most);
  }

  statistics(): SocketStatistics {
    return this.#lease.statistics();
  }

  ref(): this {
    this.#lease.ref();
    return this;
  }

  /**
   * The program may end with the socket open. Where that is said before the socket is bound, or right after `bind`, the program does not become the
   * worker: that is a process of its own, which ends with it. Said later, the program that is the worker goes on, since others may use it.
   */
  unref(): this {
    this.#lease.unref();
    return this;
  }

  /**
   * Has received datagrams come with the times at which they were where, and sent ones told of by the event `timestamp`. What is not said is
   * off. Resolves once it holds for whatever comes; before the socket is bound that is when it is.
   */
  setTimestamping(wanted: Timestamping): Promise<void> {
    this.#lease.demandOpen();
    return this.#stamper.set(wanted, (times) => this.#lease.stamp(times));
  }

  getSendQueueSize(): number {
    return this.#outbox.bytes;
  }

  getSendQueueCount(): number {
    return this.#outbox.count;
  }

  /** What comes from now on, until the socket is closed; an error ends it too. What a slow reader leaves waits in the receive buffer. */
  async *[Symbol.asyncIterator](): AsyncGenerator<{ message: Buffer; from: RemoteInfo }> {
    for await (const [message, from] of arrivals<[Buffer, RemoteInfo]>(this, this.#inbox, this.#lease))
      yield { message, from };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lease.phase === 'closed') return;
    await new Promise<void>((resolve) => this.close(resolve));
  }

  /** Outside of promises: what a listener throws is an uncaughtException. Nothing comes after `close`. */
  #tell(act: () => unknown): void {
    process.nextTick(() => {
      if (this.#lease.phase !== 'closed') act();
    });
  }

  #fail(error: Error): void {
    this.#tell(() => this.emit('error', error));
  }

  #bind(address: string, port: number, destination: number): void {
    this.#asked = { address, port };
    const wanted = new Promise<Wanted<UdpBinding>>((resolve, reject) => {
      this.#hosts.resolve(address, (error, own) => {
        if (error) reject(error);
        else resolve(this.#wanted({ ...NONE, address: own, udpPort: port }, destination));
      });
    });
    this.#lease.take(wanted);
  }

  #wanted(binding: UdpBinding, destination: number): Wanted<UdpBinding> {
    this.#asked = { address: formatIpv4(binding.address), port: binding.udpPort };
    return { binding, whereabouts: { ifname: this.#options.ifname, address: binding.address, destination } };
  }

  #asLessee(): Lessee<UdpBinding> {
    const { ifname, reuseAddr = false, state, signal, busyPoll } = this.#options;
    const news = this.#news;
    return {
      state,
      signal,
      busyPoll,
      request: ({ address, udpPort }) => ({
        address,
        udpPort,
        ifname,
        reusesAddress: reuseAddr,
        ...this.buffers,
      }),
      wanted: (before) => this.#wanted(before, before.peerAddress),
      recover: async ({ peerAddress, peerPort }) => {
        if (peerPort !== 0) await this.#connect(peerAddress, peerPort);
        await this.memberships.joinAll();
        this.#lease.whenBound(() => this.#tell(() => this.#drain()));
      },
      bindingOf: (opened, { peerAddress, peerPort }) => ({ ...opened, peerAddress, peerPort }),
      onOpened: () => this.apply(),
      wantedTimes: () => this.#stamper,
      onBound: () => {
        this.#isBound = true;
        const listening = () => this.#tell(() => this.emit('listening'));
        if (this.memberships.count === 0) listening();
        else void this.memberships.joinAll().catch(this.memberships.onError).then(listening);
      },
      onWake: (channel) => tellNews(this, channel, news),
      isSending: () => this.#outbox.isBusy || this.memberships.isDelaying,
      onLost: () => {
        this.#outbox.lose();
        this.memberships.lose();
      },
      onError: (error) => {
        this.#listening.forget();
        // At once: where no other worker takes it, it closes next.
        throwOutside(() => this.emit('error', ofSystemCall(error, { syscall: 'bind', ...this.#asked })));
      },
      onClosing: () => this.#outbox.cancel(this.#lease.channel),
      onClosed: () => this.emit('close'),
    };
  }

  get #news(): NewsOf {
    return {
      outbox: this.#outbox,
      inbox: this.#inbox,
      current: () => this.#lease.channel,
      faultError,
      onSent: () => this.#drain(),
    };
  }

  #drain(): void {
    if (!this.#wantsRoom || this.#lease.phase !== 'bound' || this.#outbox.count > 0) return;
    this.#wantsRoom = false;
    this.emit('drain');
  }

  async #connect(address: number, udpPort: number): Promise<void> {
    try {
      const { binding } = await this.#lease.request('connect-socket', { address, udpPort });
      this.#lease.binding = binding;
    } catch (error) {
      throw ofSystemCall(error as Error, { syscall: 'connect', address: formatIpv4(address), port: udpPort });
    }
  }

  /** @internal */
  protected override demandOpen(): void {
    this.#lease.demandOpen();
  }

  /** @internal */
  protected override demandBound(error: () => Error = notBound): Channel | undefined {
    this.#lease.demandOpen();
    if (!this.#isBound) throw error();
    return this.#lease.channel;
  }

  /** @internal */
  protected override bindNear(address: number): void {
    if (this.#lease.phase === 'new') this.#bind('0.0.0.0', 0, address);
  }

  /** @internal */
  protected override apply(): void {
    const { channel } = this.#lease;
    this.settings.applyTo(channel?.page);
    channel?.limitSending(this.settings.sendLimit);
  }
}
