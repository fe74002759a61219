import { EventEmitter } from 'node:events';
import { links } from '../linux/link.js';
import { Message, type MessageRing } from '../memory/message-ring.js';
import { ALL_TYPES, type PacketBinding } from '../stack/packet-endpoint.js';
import { DEFAULT_BUFFER } from '../worker/socket-request.js';
import { arrivals } from './arrivals.js';
import { type CommonOptions, checkOptions } from './common-options.js';
import { alreadyBound, frameError, notBound, ofSystemCall, portError } from './errors.js';
import { demandInteger, type FrameOptions, type OutgoingFrame, outgoingFrame } from './frame-arguments.js';
import { FrameInbox, type FrameInfo, type FrameVisit } from './frame-inbox.js';
import { Lease, type Lessee, type Wanted } from './lease.js';
import { ListeningCallback } from './listening-callback.js';
import { type NewsOf, tellNews } from './news.js';
import { Outbox } from './outbox.js';
import type { Payload, SendCallback } from './send-arguments.js';
import type { SocketFailure } from './socket-options.js';
import type { SocketStatistics } from './statistics.js';
import { throwOutside } from './throw-outside.js';
import { labelStamp, Timestamper, type Timestamping, type TxTimestamps } from './timestamps.js';

/** What a packet socket captures: one Ethernet type, all of them, or (0) nothing. */
export type Protocol = number | 'all';

/** What a packet socket is bound to. */
export interface PacketAddress {
  /** The port, such as `eth0.42` or `eth0`; absent: whatever the device takes. */
  readonly ifname?: string;
  /** Of exactly one type the socket gets the frames for itself alone, of all types clones; default all. */
  readonly protocol?: Protocol;
}

export interface PacketSocketOptions extends PacketAddress, CommonOptions {}

export interface PacketSocketEvents {
  listening: [];
  message: [frame: Buffer, from: FrameInfo];
  /** There is something for `receive`: who listens to this gets no `message`. */
  readable: [];
  /** A frame has left, and when; with `setTimestamping({ tx: true })`. */
  timestamp: [times: TxTimestamps];
  /** ENETDOWN: the port that it is bound to is gone; it stays bound, and gets frames again once that is enabled again. */
  error: [error: SocketFailure];
  close: [];
}

interface Place {
  readonly ifname: string | undefined;
  readonly ethertype: number;
}

const NONE: PacketBinding = { ethertype: 0, slot: -1 };

/** A socket for raw Ethernet frames, as AF_PACKET with SOCK_RAW has them: for any Ethernet type, on one port or on all of a device. */
export class PacketSocket extends EventEmitter<PacketSocketEvents> {
  readonly #options: PacketSocketOptions;
  readonly #lease: Lease<PacketBinding>;
  /** What it is bound to, or is about to be. */
  #bound: Place;
  /** It is, also while its worker is being replaced. */
  #isBound = false;
  readonly #listening = new ListeningCallback(this);
  #priority = 0;
  readonly #stamper = new Timestamper();
  readonly #inbox = new FrameInbox(this.#stamper, (frame, from) => this.emit('message', frame, from));
  readonly #outbox = new Outbox<OutgoingFrame>({
    label(ring, at, { port, flags, priority, stamp }) {
      ring.set(at, Message.Vid, port);
      ring.set(at, Message.Priority, priority);
      labelStamp(ring, at, flags, stamp);
    },
    errorOf: (errno) => frameError(errno),
    onError: (error) => this.#tell(() => this.emit('error', error)),
  });

  constructor(options: PacketSocketOptions = {}) {
    super();
    this.#options = options;
    ethertypeOf(options.protocol);
    checkOptions(options);
    this.#bound = this.#unbound;
    this.#lease = new Lease(this.#asLessee(), NONE);
  }

  /** Binds it to a port and a type; what is not said is as the options of the socket say. Once bound, it may be bound to something else. */
  bind(callback?: () => void): this;
  bind(address: PacketAddress, callback?: () => void): this;
  bind(first?: PacketAddress | (() => void), second?: () => void): this {
    this.#lease.demandOpen();
    if (this.#lease.phase === 'binding') throw alreadyBound();
    const address = typeof first === 'object' ? first : {};
    const callback = typeof first === 'function' ? first : second;
    const ethertype = ethertypeOf(address.protocol ?? this.#options.protocol ?? 'all');
    const place = { ifname: address.ifname ?? this.#options.ifname, ethertype };
    this.#listening.await(callback);
    if (this.#lease.phase === 'bound') this.#rebind(place);
    else this.#take(place);
    return this;
  }

  /** What it is bound to. */
  address(): PacketAddress {
    this.#lease.demandOpen();
    if (!this.#isBound) throw notBound();
    const { ifname, ethertype } = this.#bound;
    return {
      ...(ifname === undefined ? {} : { ifname }),
      protocol: ethertype === ALL_TYPES ? 'all' : ethertype,
    };
  }

  /**
   * Sends a frame that begins with its Ethernet header, or with `destination` a payload for which one is made. A port of a VLAN puts its tag
   * in. A socket that was not bound captures nothing, and is bound to the port of its options.
   */
  send(frame: Payload | readonly Payload[], callback?: SendCallback): void;
  send(frame: Payload | readonly Payload[], options: FrameOptions, callback?: SendCallback): void;
  send(
    frame: Payload | readonly Payload[],
    first?: FrameOptions | SendCallback,
    second?: SendCallback,
  ): void {
    this.#lease.demandOpen();
    const options = typeof first === 'object' ? first : {};
    const callback = typeof first === 'function' ? first : second;
    const { ethertype } = this.#bound;
    const protocol = ethertype === ALL_TYPES ? 0 : ethertype;
    const outgoing = outgoingFrame(frame, options, protocol, callback, this.#stamper.send());
    if (this.#lease.phase === 'new') this.#take(this.#bound);
    this.#lease.whenBound(() => this.#outbox.send(this.#lease.channel!, outgoing));
  }

  close(callback?: () => void): this {
    this.#lease.demandOpen();
    if (callback) this.once('close', callback);
    this.#lease.close();
    return this;
  }

  /** Hands up to `most` received frames to `visit` at once, without events or copies. */
  receive(visit: FrameVisit, most = 64): number {
    const { channel } = this.#lease;
    if (channel === undefined) return 0;
    const each = (frame: Uint8Array, ring: MessageRing, at: number) =>
      visit(
        frame,
        ring.get(at, Message.Vid),
        ring.get(at, Message.Priority),
        ring.timeNs(at),
        this.#stamper.rx ? ring.driverNs(at) : 0,
        this.#stamper.hardware ? ring.hardwareNs(at) : 0n,
      );
    return this.#inbox.visit(channel, each, most);
  }

  statistics(): SocketStatistics {
    return this.#lease.statistics();
  }

  /** PCP of the VLAN tag, 0 to 7: SO_PRIORITY. */
  setPriority(priority: number): void {
    demandInteger('priority', priority, 7);
    this.#lease.demandOpen();
    this.#priority = priority;
    this.#settle();
  }

  /**
   * Has received frames come with the times at which they were where, and sent ones told of by the event `timestamp`. What is not said is off.
   * Resolves once it holds for whatever comes; before it is bound that is when it is.
   */
  setTimestamping(wanted: Timestamping): Promise<void> {
    this.#lease.demandOpen();
    return this.#stamper.set(wanted, (times) => this.#lease.stamp(times));
  }

  ref(): this {
    this.#lease.ref();
    return this;
  }

  /** As that of a UDP socket. */
  unref(): this {
    this.#lease.unref();
    return this;
  }

  /** What comes from now on, until the socket is closed; an error ends it too. What a slow reader leaves waits in the receive buffer. */
  async *[Symbol.asyncIterator](): AsyncGenerator<{ frame: Buffer; from: FrameInfo }> {
    for await (const [frame, from] of arrivals<[Buffer, FrameInfo]>(this, this.#inbox, this.#lease))
      yield { frame, from };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lease.phase === 'closed') return;
    await new Promise<void>((resolve) => this.close(resolve));
  }

  /** As on Linux, one that was never bound captures nothing. */
  get #unbound(): Place {
    return { ifname: this.#options.ifname, ethertype: 0 };
  }

  #take(place: Place): void {
    this.#bound = place;
    this.#isBound = false;
    this.#lease.take(Promise.resolve(this.#wanted(place)));
  }

  /** What it was bound to stays where this fails. */
  #rebind(place: Place): void {
    this.#lease.rebind(this.#wanted(place), { ...place }).then(
      (isHere) => {
        if (this.#lease.phase === 'closed') return;
        if (!isHere) {
          this.#take(place);
          return;
        }
        this.#bound = place;
        this.#tell(() => this.emit('listening'));
      },
      (error: Error) => {
        this.#listening.forget();
        this.#tell(() => this.emit('error', ofSystemCall(error, { syscall: 'bind' })));
      },
    );
  }

  /** Outside of promises: what a listener throws is an uncaughtException. Nothing comes after `close`. */
  #tell(act: () => unknown): void {
    process.nextTick(() => {
      if (this.#lease.phase !== 'closed') act();
    });
  }

  #wanted({ ifname, ethertype }: Place): Wanted<PacketBinding> {
    return { binding: { ethertype, slot: -1 }, whereabouts: { ifname, address: 0, destination: 0 } };
  }

  #asLessee(): Lessee<PacketBinding> {
    const { recvBufferSize, sendBufferSize, state, signal, busyPoll } = this.#options;
    const news = this.#news;
    return {
      state,
      signal,
      busyPoll,
      request: () => ({
        type: 'packet',
        ...this.#bound,
        receive: recvBufferSize || DEFAULT_BUFFER,
        send: sendBufferSize || DEFAULT_BUFFER,
      }),
      wanted: () => this.#wanted(this.#bound),
      recover: async () => {},
      bindingOf: (opened) => opened,
      onOpened: () => this.#settle(),
      wantedTimes: () => this.#stamper,
      onBound: () => {
        this.#isBound = true;
        this.#tell(() => this.emit('listening'));
      },
      onWake: (channel) => tellNews(this, channel, news),
      isSending: () => this.#outbox.isBusy,
      onLost: () => this.#outbox.lose(),
      onError: (error) => {
        this.#bound = this.#unbound;
        this.#listening.forget();
        // At once: where no other worker takes it, it closes next.
        throwOutside(() => this.emit('error', ofSystemCall(error, { syscall: 'bind' })));
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
      faultError: (errno) => portError(this.#bound.ifname, errno),
    };
  }

  #settle(): void {
    const { channel, device } = this.#lease;
    if (channel === undefined) return;
    channel.page.priority = this.#priority;
    const ifindex = links().find((l) => l.ifname === device)?.ifindex ?? 0;
    this.#inbox.device = { ifname: device, ifindex };
  }
}

/**
 * A packet socket on evlnet's own stack. It joins the worker of its device when it is bound, or becomes it where none runs. What is not
 * IPv4 comes where a filter accepts it and a port has `ethertype any`.
 */
export function createPacketSocket(
  options: PacketSocketOptions = {},
  onMessage?: (frame: Buffer, from: FrameInfo) => void,
): PacketSocket {
  const socket = new PacketSocket(options);
  if (onMessage) socket.on('message', onMessage);
  return socket;
}

function ethertypeOf(protocol: Protocol | undefined): number {
  if (protocol === 'all') return ALL_TYPES;
  if (protocol !== undefined) demandInteger('protocol', protocol, 0xffff);
  return protocol ?? 0;
}
