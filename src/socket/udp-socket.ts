import { lookup } from 'node:dns';
import { EventEmitter, on } from 'node:events';
import { SocketCounter } from '../memory/socket-page.js';
import type { UdpBinding } from '../stack/udp-endpoint.js';
import { statePath } from '../state/path.js';
import { formatIpv4, readIpv4 } from '../wire/address.js';
import { DEFAULT_BUFFER } from '../worker/socket-request.js';
import { Attachment } from './attachment.js';
import { Channel } from './channel.js';
import { deviceOf } from './device-of.js';
import { alreadyBound, badArgument, isConnected, notBound, notConnected, notRunning } from './errors.js';
import { Inbox, type RemoteInfo } from './inbox.js';
import { Outbox } from './outbox.js';
import { type Payload, portOf, type SendCallback, sendArguments } from './send-arguments.js';

export interface SocketOptions {
  readonly type: 'udp4';
  /** Other sockets may have the same address. */
  readonly reuseAddr?: boolean;
  /** Octets of the buffers; default 212992 each. */
  readonly recvBufferSize?: number;
  readonly sendBufferSize?: number;
  /** Closes the socket. */
  readonly signal?: AbortSignal;
  /** The port that it sends and receives through, such as `eth0.42`; default all of one device. */
  readonly ifname?: string;
  /** State file; default as for the command line. */
  readonly state?: string;
}

export interface AddressInfo {
  readonly address: string;
  readonly family: 'IPv4';
  readonly port: number;
}

export interface SocketStatistics {
  readonly received: number;
  readonly receivedBytes: number;
  /** Datagrams that found no room in the receive buffer. */
  readonly dropped: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly failed: number;
}

interface SocketEvents {
  listening: [];
  connect: [];
  message: [message: Buffer, from: RemoteInfo];
  /** There is something for `receive`: who listens to this gets no `message`. */
  readable: [];
  error: [error: Error];
  close: [];
}

type Phase = 'new' | 'binding' | 'bound' | 'closed';
const NONE: UdpBinding = { address: 0, udpPort: 0, slot: -1, peerAddress: 0, peerPort: 0 };

/** A UDP socket on the out-of-band stack, in the shape of dgram.Socket of Node. */
export class UdpSocket extends EventEmitter<SocketEvents> {
  readonly #options: SocketOptions;
  readonly #abort = () => void (this.#phase !== 'closed' && this.close());
  #phase: Phase = 'new';
  #isConnecting = false;
  #binding = NONE;
  #id = 0;
  #attachment: Attachment | undefined;
  #channel: Channel | undefined;
  /** What waits until the socket is bound. */
  #delayed: (() => void)[] = [];
  #isReferenced = true;
  #settings = { broadcast: false, ttl: 64, priority: 0 };
  readonly #inbox = new Inbox((message, from) => this.emit('message', message, from));
  readonly #outbox = new Outbox((error) => this.emit('error', error));

  constructor(options: SocketOptions) {
    super();
    this.#options = options;
    const { signal } = options;
    if (signal?.aborted) process.nextTick(this.#abort);
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  bind(callback?: () => void): this;
  bind(port?: number, callback?: () => void): this;
  bind(port?: number, address?: string, callback?: () => void): this;
  bind(options: { port?: number; address?: string; exclusive?: boolean }, callback?: () => void): this;
  bind(...args: unknown[]): this {
    this.#demandOpen();
    if (this.#phase !== 'new') throw alreadyBound();
    const callback = args.find((a) => typeof a === 'function') as (() => void) | undefined;
    const first = args[0];
    const named =
      typeof first === 'object' && first !== null
        ? (first as { port?: unknown; address?: unknown })
        : { port: typeof first === 'function' ? undefined : first, address: args[1] };
    const address = typeof named.address === 'string' && named.address !== '' ? named.address : '0.0.0.0';
    const port = named.port === undefined || named.port === null ? 0 : portOf(named.port, true);
    if (callback) this.once('listening', callback);
    this.#bind(address, port, 0);
    return this;
  }

  /** Where it is bound. */
  address(): AddressInfo {
    this.#demandOpen();
    if (this.#phase !== 'bound') throw notBound();
    return { address: formatIpv4(this.#binding.address), family: 'IPv4', port: this.#binding.udpPort };
  }

  connect(port: number, callback?: () => void): void;
  connect(port: number, address?: string, callback?: () => void): void;
  connect(...args: unknown[]): void {
    this.#demandOpen();
    const port = portOf(args[0], false);
    const address = typeof args[1] === 'string' && args[1] !== '' ? args[1] : '127.0.0.1';
    const callback = args.find((a) => typeof a === 'function') as ((error?: Error) => void) | undefined;
    if (this.#isConnecting || this.#binding.peerPort !== 0) throw isConnected();
    this.#isConnecting = true;
    this.#resolve(address, (error, peer) => {
      const fail = (e: Error) => {
        this.#isConnecting = false;
        if (callback) callback(e);
        else this.emit('error', e);
      };
      if (error) {
        fail(error);
        return;
      }
      if (this.#phase === 'new') this.#bind('0.0.0.0', 0, peer);
      this.#whenBound(() => {
        this.#connect(peer, port).then(() => {
          this.#isConnecting = false;
          if (callback) this.once('connect', callback);
          this.emit('connect');
        }, fail);
      });
    });
  }

  disconnect(): void {
    this.#demandOpen();
    if (this.#binding.peerPort === 0) throw notConnected();
    void this.#connect(0, 0).catch((error: Error) => this.emit('error', error));
    this.#binding = { ...this.#binding, peerAddress: 0, peerPort: 0 };
  }

  remoteAddress(): AddressInfo {
    this.#demandOpen();
    const { peerAddress, peerPort } = this.#binding;
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
    this.#demandOpen();
    // As in node:dgram: one that is connecting is not connected.
    const isPeerSet = this.#binding.peerPort !== 0;
    const { parts, length, port, address, callback } = sendArguments(args, isPeerSet);
    const send = (to: number) => {
      this.#whenBound(() => {
        this.#outbox.send(this.#channel!, { parts, length, address: to, port, callback });
      });
    };
    if (isPeerSet) {
      send(0);
      return;
    }
    this.#resolve(address ?? '127.0.0.1', (error, to) => {
      if (this.#phase === 'closed') return;
      if (error) {
        if (callback) callback(error, 0);
        else this.emit('error', error);
        return;
      }
      if (this.#phase === 'new') this.#bind('0.0.0.0', 0, to);
      send(to);
    });
  }

  close(callback?: () => void): this {
    this.#demandOpen();
    if (callback) this.once('close', callback);
    this.#close();
    return this;
  }

  /** Hands up to `most` received datagrams to `visit` at once, without events or copies: `octets` are the socket's own and hold only during the call. */
  receive(
    visit: (octets: Uint8Array, address: number, port: number, timeNs: number) => void,
    most = 64,
  ): number {
    return this.#channel === undefined ? 0 : this.#inbox.visit(this.#channel, visit, most);
  }

  statistics(): SocketStatistics {
    const c = this.#channel?.page.counters ?? new Float64Array(16);
    return {
      received: c[SocketCounter.Received]!,
      receivedBytes: c[SocketCounter.ReceivedBytes]!,
      dropped: c[SocketCounter.Dropped]!,
      sent: c[SocketCounter.Sent]!,
      sentBytes: c[SocketCounter.SentBytes]!,
      failed: c[SocketCounter.Failed]!,
    };
  }

  ref(): this {
    this.#isReferenced = true;
    this.#channel?.ref();
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.#channel?.unref();
    return this;
  }

  setBroadcast(flag: boolean): void {
    this.#set({ broadcast: flag });
  }

  setTTL(ttl: number): number {
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > 255) throw badArgument('ttl', 'a number from 1 to 255');
    this.#set({ ttl });
    return ttl;
  }

  /** PCP of the VLAN tag, 0 to 7: SO_PRIORITY. */
  setPriority(priority: number): void {
    if (!Number.isInteger(priority) || priority < 0 || priority > 7)
      throw badArgument('priority', 'a number from 0 to 7');
    this.#set({ priority });
  }

  getRecvBufferSize(): number {
    return this.#open().page.receiveLimit;
  }

  getSendBufferSize(): number {
    return this.#open().page.sent.capacity;
  }

  /** No more than the buffer that the socket was made with. */
  setRecvBufferSize(size: number): void {
    const { page } = this.#open();
    page.receiveLimit = Math.min(size, page.received.capacity);
  }

  getSendQueueSize(): number {
    return this.#outbox.bytes;
  }

  getSendQueueCount(): number {
    return this.#outbox.count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<{ message: Buffer; from: RemoteInfo }> {
    for await (const [message, from] of on(this, 'message', { close: ['close'] } as object))
      yield { message, from };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase === 'closed') return;
    await new Promise<void>((resolve) => this.close(resolve));
  }

  #bind(address: string, port: number, destination: number): void {
    this.#phase = 'binding';
    this.#resolve(address, (error, own) => {
      const opening = error
        ? Promise.reject(error)
        : this.#attach({ ...NONE, address: own, udpPort: port }, destination);
      opening.then(
        () => {
          if (this.#phase === 'closed') return;
          this.#phase = 'bound';
          this.emit('listening');
          for (const act of this.#delayed.splice(0)) act();
        },
        (reason: Error) => {
          if (this.#phase === 'closed') return;
          this.#phase = 'new';
          this.#delayed = [];
          this.emit('error', reason);
        },
      );
    });
  }

  /** Opens the socket at the worker of its device. */
  async #attach(wanted: UdpBinding, destination: number): Promise<void> {
    const { ifname, reuseAddr = false, recvBufferSize, sendBufferSize } = this.#options;
    const state = statePath(this.#options.state);
    const device = deviceOf({ ifname, address: wanted.address, destination }, state.file);
    const attachment = await Attachment.to(device, state);
    let id = 0;
    try {
      const opened = await attachment.open<UdpBinding>({
        address: wanted.address,
        udpPort: wanted.udpPort,
        ifname,
        reusesAddress: reuseAddr,
        receive: recvBufferSize ?? DEFAULT_BUFFER,
        send: sendBufferSize ?? DEFAULT_BUFFER,
      });
      id = opened.id;
      if ((this.#phase as Phase) === 'closed') throw notRunning();
      this.#channel = new Channel(opened, () => this.#look());
      this.#binding = opened.binding;
      this.#id = id;
    } catch (error) {
      leave(attachment, id);
      throw error;
    }
    this.#attachment = attachment;
    this.#set({});
    if (!this.#isReferenced) this.#channel.unref();
    void attachment.client.closed.then(() => this.#lost(attachment));
    this.#look();
  }

  /** The worker is gone: another one takes its place, perhaps in this process. What was under way is lost. */
  #lost(attachment: Attachment): void {
    if (this.#phase === 'closed' || this.#attachment !== attachment) return;
    const before = this.#binding;
    this.#detach();
    this.#outbox.lose();
    this.#phase = 'binding';
    const again = async () => {
      await this.#attach(before, before.peerAddress);
      if (before.peerPort !== 0) await this.#connect(before.peerAddress, before.peerPort);
    };
    again().then(
      () => {
        if (this.#phase === 'closed') return;
        this.#phase = 'bound';
        for (const act of this.#delayed.splice(0)) act();
      },
      (error: Error) => {
        if (this.#phase === 'closed') return;
        this.emit('error', error);
        this.#close();
      },
    );
  }

  async #connect(address: number, udpPort: number): Promise<void> {
    const answer = await this.#attachment!.client.request('connect-socket', {
      socket: this.#id,
      address,
      udpPort,
    });
    this.#binding = (answer as { binding: UdpBinding }).binding;
  }

  /** What has come, and what became of what was sent. */
  #look(): void {
    if (this.#channel === undefined) return;
    this.#outbox.look(this.#channel);
    if (this.#channel === undefined) return;
    if (this.listenerCount('readable') === 0) this.#inbox.look(this.#channel, () => this.#channel);
    else
      this.#inbox.announce(
        this.#channel,
        () => this.#channel,
        () => this.emit('readable'),
      );
  }

  #set(changed: Partial<{ broadcast: boolean; ttl: number; priority: number }>): void {
    this.#demandOpen();
    Object.assign(this.#settings, changed);
    const page = this.#channel?.page;
    if (page === undefined) return;
    page.mayBroadcast = this.#settings.broadcast;
    page.ttl = this.#settings.ttl;
    page.priority = this.#settings.priority;
  }

  #whenBound(act: () => void): void {
    if (this.#phase === 'bound') act();
    else if (this.#phase === 'binding') this.#delayed.push(act);
  }

  #open(): Channel {
    this.#demandOpen();
    if (this.#channel === undefined) throw notBound();
    return this.#channel;
  }

  #demandOpen(): void {
    if (this.#phase === 'closed') throw notRunning();
  }

  #close(): void {
    this.#phase = 'closed';
    this.#delayed = [];
    this.#outbox.cancel();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#detach();
    process.nextTick(() => this.emit('close'));
  }

  #detach(): void {
    this.#channel?.close();
    this.#channel = undefined;
    const attachment = this.#attachment;
    this.#attachment = undefined;
    if (attachment !== undefined) leave(attachment, this.#id);
  }

  /** An address, or a name that the system's resolver knows. */
  #resolve(host: string, done: (error: Error | undefined, address: number) => void): void {
    const address = readIpv4(host);
    if (address !== undefined) {
      done(undefined, address);
      return;
    }
    lookup(host, { family: 4 }, (error, found) => {
      if (error) done(error, 0);
      else done(undefined, readIpv4(found)!);
    });
  }
}

/** Closes socket `id` (0: none) at the worker, then lets go of it. */
function leave(attachment: Attachment, id: number): void {
  const closing = id === 0 ? Promise.resolve() : attachment.client.request('close-socket', { socket: id });
  void closing.catch(() => {}).then(() => attachment.release());
}
