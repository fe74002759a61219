// What a socket has at the worker of its device: memory, and the connection that keeps it. It is taken when the socket is bound, taken anew
// when that worker is gone, and given back when the socket closes.
import { isGone } from '../control/client.js';
import type { EvlnetError } from '../errors.js';
import { statePath } from '../state/path.js';
import type { SocketBinding } from '../worker/shared.js';
import { Attachment, PATIENCE_MS, RETRY_MS } from './attachment.js';
import { BusyPoll } from './busy-poll.js';
import { Channel } from './channel.js';
import { deviceOf, type Whereabouts } from './device-of.js';
import { alreadyBound, notRunning } from './errors.js';
import { type SocketStatistics, statisticsOf } from './statistics.js';
import type { ReceiveTimes } from './timestamps.js';

/** What is asked for, and what tells the device where. */
export interface Wanted<B extends SocketBinding> {
  readonly binding: B;
  readonly whereabouts: Whereabouts;
}

/** The socket, as its lease sees it. */
export interface Lessee<B extends SocketBinding> {
  /** State file; undefined: the default. */
  readonly state: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Microseconds; undefined: none. */
  readonly busyPoll: number | undefined;
  /** Arguments of the command that opens it. */
  request(binding: B): Record<string, unknown>;
  /** What `binding` was taken for, to take it once more. */
  wanted(binding: B): Wanted<B>;
  /** Does after a loss what `request` does not ask for. */
  recover(binding: B): Promise<void>;
  /** The binding of a socket that was opened, with what `recover` will ask for: the program sees no difference. */
  bindingOf(opened: B, wanted: B): B;
  /** There is memory, new or anew. */
  onOpened(): void;
  /** What it wants to know of when it received something. */
  wantedTimes(): ReceiveTimes;
  onBound(): void;
  /** Something may have come, or become of what was sent. True where there is more to look at. */
  onWake(channel: Channel): boolean;
  /** Something waits for room, or for what becomes of it. */
  isSending(): boolean;
  /** What was under way is lost. */
  onLost(): void;
  onError(error: Error): void;
  /** It will not be used again. */
  onClosing(): void;
  onClosed(): void;
}

const LONG_MS = 2 ** 30;

type Phase = 'new' | 'binding' | 'bound' | 'closed';

export class Lease<B extends SocketBinding> {
  readonly #socket: Lessee<B>;
  readonly #busyPoll: BusyPoll<Channel>;
  readonly #abort = () => this.close();
  #phase: Phase = 'new';
  #binding: B;
  #device = '';
  #id = 0;
  #attachment: Attachment | undefined;
  /** Ends its watch over the attachment. */
  #unwatch = () => {};
  #channel: Channel | undefined;
  /** What waits until the socket is bound. */
  #delayed: (() => void)[] = [];
  #isReferenced = true;
  #keeper: NodeJS.Timeout | undefined;
  #isWakeDue = false;
  /** Workers that were lost. */
  #losses = 0;
  /** What they had counted. */
  #counted: SocketStatistics | undefined;

  /** `none` is the binding of a socket that has none yet. */
  constructor(socket: Lessee<B>, none: B) {
    this.#socket = socket;
    this.#binding = none;
    this.#busyPoll = new BusyPoll(
      (socket.busyPoll ?? 0) * 1000,
      () => this.#channel,
      () => this.#wake(),
    );
    const { signal } = socket;
    if (signal?.aborted) process.nextTick(this.#abort);
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get phase(): Phase {
    return this.#phase;
  }

  get binding(): B {
    return this.#binding;
  }

  set binding(binding: B) {
    this.#binding = binding;
  }

  /** The base device. */
  get device(): string {
    return this.#device;
  }

  get channel(): Channel | undefined {
    return this.#channel;
  }

  statistics(): SocketStatistics {
    return statisticsOf(this.#channel?.page, this.#counted);
  }

  demandOpen(): void {
    if (this.#phase === 'closed') throw notRunning();
  }

  whenBound(act: () => void): void {
    if (this.#phase === 'bound') act();
    else if (this.#phase === 'binding') this.#delayed.push(act);
    this.keep();
  }

  /** Binds the socket to what `wanted` resolves to. */
  take(wanted: Promise<Wanted<B>>): void {
    if (this.#phase === 'binding') throw alreadyBound();
    if (this.#phase === 'bound') this.#leave();
    this.#phase = 'binding';
    this.#counted = undefined;
    wanted
      .then((w) => this.#attach(w))
      .then(
        () => {
          if (this.#phase === 'closed') return;
          this.#phase = 'bound';
          this.#socket.onBound();
          this.#runDelayed();
        },
        (error: Error) => {
          if (this.#phase === 'closed') return;
          this.#phase = 'new';
          this.#delayed = [];
          this.keep();
          this.#socket.onError(error);
        },
      );
  }

  /** Has the worker bind the socket to something else; false where that is on another device. What is under way stays. */
  async rebind({ whereabouts }: Wanted<B>, details: Record<string, unknown>): Promise<boolean> {
    const { file } = statePath(this.#socket.state);
    if (deviceOf(whereabouts, file) !== this.#device) return false;
    const { binding } = await this.request('bind-socket', details);
    this.#binding = binding;
    return true;
  }

  /** A command about this socket to its worker. */
  request(command: string, details: Record<string, unknown>): Promise<{ binding: B }> {
    const request = { socket: this.#id, ...details };
    return this.#attachment!.client.request(command, request) as Promise<{ binding: B }>;
  }

  /** Has what comes from the driver come with its times, or no more; before the socket is bound that is done when it is. */
  async stamp({ rx, hardware }: ReceiveTimes): Promise<void> {
    if (this.#attachment !== undefined) await this.request('stamp-socket', { isWanted: rx, hardware });
  }

  ref(): void {
    this.#isReferenced = true;
    this.#channel?.ref();
    this.keep();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#channel?.unref();
    this.keep();
  }

  /** Twice is once. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#delayed = [];
    this.#socket.onClosing();
    this.keep();
    this.#socket.signal?.removeEventListener('abort', this.#abort);
    this.#detach();
    process.nextTick(() => this.#socket.onClosed());
  }

  /** A worker that is killed closes its connections first and its socket last: who was reached may be going all the same. */
  async #attach(wanted: Wanted<B>): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#open(wanted);
      } catch (error) {
        if (!isGone(error) || Date.now() > until) throw error;
        // Not at once: the end of that connection has to be told first.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #open({ binding, whereabouts }: Wanted<B>): Promise<void> {
    const socket = this.#socket;
    const state = statePath(socket.state);
    const device = deviceOf(whereabouts, state.file);
    const attachment = await Attachment.to(device, state, this.#isReferenced);
    let id = 0;
    try {
      const { rx: isStamped, hardware } = socket.wantedTimes();
      const opened = await attachment.open<B>({ ...socket.request(binding), isStamped, hardware });
      id = opened.id;
      if (this.#phase === 'closed') throw notRunning();
      this.#channel = new Channel(opened, () => this.#wake());
      this.#binding = socket.bindingOf(opened.binding, binding);
      this.#id = id;
    } catch (error) {
      giveBack(attachment, id);
      throw error;
    }
    this.#attachment = attachment;
    this.#device = device;
    socket.onOpened();
    if (!this.#isReferenced) this.#channel.unref();
    await this.#stampAnew(socket.wantedTimes()).catch((error: unknown) => {
      this.#detach();
      throw error;
    });
    this.#unwatch = attachment.onGone(() => this.#lose(attachment));
    this.#wake();
  }

  /** Looks anew at what has come, as it was left where it is. */
  lookSoon(): void {
    this.#wakeSoon();
  }

  /** A worker that takes the place of another may not have the NIC's time: then it is absent, as of a frame without. */
  async #stampAnew(times: ReceiveTimes): Promise<void> {
    if (!times.rx) return;
    try {
      await this.stamp(times);
    } catch (error) {
      const isTold = this.#losses === 0 || (error as EvlnetError).code !== 'EVL_NO_HARDWARE_TIMES';
      if (isTold || !times.hardware) throw error;
      await this.stamp({ rx: true, hardware: false });
    }
  }

  /** What a listener throws is the program's to catch; what comes after it is told all the same. */
  #wake(): void {
    if (this.#channel === undefined) return;
    let hasMore = true;
    try {
      hasMore = this.#socket.onWake(this.#channel);
    } finally {
      this.keep();
      if (hasMore) this.#wakeSoon();
      // A program that it need not keep must not be kept by looking.
      else if (this.#channel !== undefined && this.#isReferenced) this.#busyPoll.begin(this.#channel);
    }
  }

  #wakeSoon(): void {
    if (this.#isWakeDue) return;
    this.#isWakeDue = true;
    setImmediate(() => {
      this.#isWakeDue = false;
      this.#wake();
    });
  }

  /** The worker is gone: another one takes its place, perhaps in this process. */
  #lose(attachment: Attachment): void {
    if (this.#phase === 'closed' || this.#attachment !== attachment) return;
    const before = this.#binding;
    const loss = ++this.#losses;
    this.#counted = this.statistics();
    this.#leave();
    this.#phase = 'binding';
    const again = async () => {
      await this.#attach(this.#socket.wanted(before));
      await this.#socket.recover(before);
    };
    // The next one may be lost before this one is through.
    const isOver = () => this.#phase === 'closed' || this.#losses !== loss;
    again().then(
      () => {
        if (isOver()) return;
        this.#phase = 'bound';
        this.#runDelayed();
      },
      (error: Error) => {
        if (isOver()) return;
        this.#socket.onError(error);
        this.close();
      },
    );
  }

  #runDelayed(): void {
    for (const act of this.#delayed.splice(0)) act();
    this.keep();
  }

  /** As with node:dgram what is still to be sent, or told of, keeps a program that the socket does not. */
  keep(): void {
    const isNeeded = !this.#isReferenced && (this.#delayed.length > 0 || this.#socket.isSending());
    if (isNeeded) this.#keeper ??= setInterval(() => {}, LONG_MS);
    else {
      clearInterval(this.#keeper);
      this.#keeper = undefined;
    }
  }

  #leave(): void {
    this.#detach();
    this.#socket.onLost();
  }

  #detach(): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#unwatch();
    const attachment = this.#attachment;
    this.#attachment = undefined;
    if (attachment !== undefined) giveBack(attachment, this.#id);
  }
}

/** Closes socket `id` (0: none) at the worker, then lets go of it. */
function giveBack(attachment: Attachment, id: number): void {
  const closing = id === 0 ? Promise.resolve() : attachment.closeSocket(id);
  void closing.catch(() => {}).then(() => attachment.release());
}
