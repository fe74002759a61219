import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { XdpAttachment } from '../device/xdp-attachment.js';
import { Drop } from '../drop.js';
import { EvlnetError, Exit } from '../errors.js';
import { HookCounter } from '../filter/verdict.js';
import { addresses, type Link, links, type Monitor, monitor } from '../linux/link.js';
import { affinity, parseCpuList, setAffinity } from '../linux/sched.js';
import type { XskStatistics } from '../linux/xsk.js';
import { DeviceCounter } from '../memory/counters.js';
import { readState } from '../state/file.js';
import { deviceOptions } from '../state/schema.js';
import { Filter } from './filter.js';
import { carrier, type PreparedInterface, prepareInterface } from './interface.js';
import { plan, type Wanted } from './plan.js';
import { attachAffordably, portOn, receiveQueues, requireDevice, SMALL_CHUNK } from './requirements.js';
import type { PortSetup, Spin } from './shared.js';
import { OutOfBandThread, spawnThread } from './thread.js';
import { type Served, type Sink, TraceDispatch } from './trace-dispatch.js';

const TICK_MS = 100;
/** Ticks between two looks at the kernel's counters; who reads the page asks for a fresh one. */
const PUBLISH_TICKS = 5;
/** Ticks without a heartbeat after which the thread counts as hung: 1 s. */
const HUNG_TICKS = 10;
const MIN_CHUNKS_PER_QUEUE = 64;
const START_MS = 10_000;
/** An editor writes in steps. */
const SETTLE_MS = 50;

export interface InBandOptions {
  readonly device: string;
  readonly stateFile: string;
  /** Run folder, claimed by this process. */
  readonly folder: string;
  readonly spin: Spin | undefined;
  readonly cpu: string | undefined;
  readonly priority: number | undefined;
  readonly onWarning: (message: string, hint?: string) => void;
}

/** The in-band side of a worker: owns the attachment and the thread, follows state file and kernel tables, publishes counters. */
export class InBand {
  readonly #services = new Set<Served>();
  readonly #traces: TraceDispatch;
  /** What decides at the hook, if not the VLAN rule alone. */
  readonly filter: Filter;
  #ports: readonly PortSetup[] = [];
  #rev = 0;
  #link: Link;
  #tick: NodeJS.Timeout | undefined;
  #lastHeartbeat = -1;
  #stillTicks = 0;
  #ticks = 0;
  #hookBase: number[] = [];
  #xskBase: XskStatistics = { rxDropped: 0, rxInvalid: 0, txInvalid: 0, rxRingFull: 0, fillRingEmpty: 0 };
  #hiddenSeen = 0;
  #replan: Promise<void> = Promise.resolve();
  #failure: EvlnetError | undefined;
  #isStopping = false;
  #isPaused = false;
  #stateWatch: FSWatcher | undefined;

  /** Settles when the worker has ended and everything is put back: why, if not for `stop`. */
  readonly ended: Promise<EvlnetError | undefined>;

  private constructor(
    readonly options: InBandOptions,
    base: Link,
    readonly attachment: XdpAttachment,
    readonly thread: OutOfBandThread,
    readonly prepared: PreparedInterface,
    readonly kernel: Monitor,
    /** How long the link was gone after attaching: some drivers reset (igb about 1 s). */
    readonly resetMs: number,
  ) {
    this.#link = base;
    this.#traces = new TraceDispatch(thread, this.#services, this);
    this.#hookBase = attachment.hookCounters().map(() => 0);
    this.filter = new Filter(options.device, attachment);
    this.ended = thread.ended.then((error) => this.#finish(error));
  }

  /** Becomes the worker of the device; `standby` is a thread that was started ahead, and is used up. */
  static async start(o: InBandOptions, standby = spawnThread()): Promise<InBand> {
    try {
      return await InBand.#start(o, standby);
    } catch (error) {
      await standby.terminate();
      throw error;
    }
  }

  static async #start(o: InBandOptions, spawned: Worker): Promise<InBand> {
    const base = requireDevice(o.device);
    const state = readState(o.stateFile, { onWarning: o.onWarning });
    const device = deviceOptions(state, o.device);
    const port = portOn(state, o.device) ?? o.device;
    if (device.driver === 'pcap')
      throw new EvlnetError('EVL_NO_DRIVER', 'Cannot use driver pcap: this version has xdp only', {
        exit: Exit.Unsupported,
        hint: `evlnet port set ${port} driver auto`,
      });
    if (device.bufsz > 4096)
      throw new EvlnetError(
        'EVL_BUFSZ',
        `Cannot use buffers of ${device.bufsz} octets: AF_XDP takes 2048 or 4096`,
        {
          exit: Exit.Unsupported,
          hint: `evlnet port set ${port} bufsz 4096`,
        },
      );
    const queues = receiveQueues(base);
    const prepared = await prepareInterface(o.device, base.ifindex, o.folder);
    try {
      const attachment = await attachAffordably({
        ifname: o.device,
        port,
        ifindex: base.ifindex,
        mtu: base.mtu,
        queues,
        mode: device.mode,
        pool: Math.max(device.pool, queues * MIN_CHUNKS_PER_QUEUE),
        chunkSize: device.bufsz > SMALL_CHUNK ? 2 * SMALL_CHUNK : SMALL_CHUNK,
        mayShrink: state.devices[o.device]?.bufsz === undefined,
      });
      try {
        const begin = Date.now();
        if (base.lowerUp) await carrier(o.device);
        const resetMs = Date.now() - begin;
        const cpus = o.cpu === undefined ? undefined : parseCpuList(o.cpu);
        const options = {
          device: attachment.place,
          countersFile: join(o.folder, 'stats'),
          spin: o.spin,
          cpus,
          priority: o.priority,
        };
        const thread = new OutOfBandThread(options, spawned);
        if (cpus) leaveTo(cpus);
        const worker = new InBand(o, base, attachment, thread, prepared, monitor(), resetMs);
        try {
          await worker.#begin();
          return worker;
        } catch (error) {
          // The thread works in memory that the attachment owns: it must end first.
          await worker.stop();
          throw error;
        }
      } catch (error) {
        attachment.close();
        throw error;
      }
    } catch (error) {
      prepared.restore();
      throw error;
    }
  }

  get rev(): number {
    return this.#rev;
  }

  get link(): Link {
    return this.#link;
  }

  get ports(): readonly PortSetup[] {
    return this.#ports;
  }

  get services(): readonly Wanted[] {
    return [...this.#services].map((s) => s.wanted);
  }

  /** Adds a service; resolves once it runs, with what removes it. */
  async serve(wanted: Wanted, sink: Sink | undefined): Promise<() => Promise<void>> {
    this.#refuse(wanted);
    const running = { wanted, sink };
    this.#services.add(running);
    this.#traces.setTimer();
    try {
      await this.reload();
    } catch (error) {
      this.#services.delete(running);
      this.#traces.setTimer();
      throw error;
    }
    return async () => {
      this.#services.delete(running);
      this.#traces.setTimer();
      if (!this.#isStopping) await this.reload();
    };
  }

  /**
   * Reads state and kernel tables again; resolves once both sides follow. Calls queue up behind one another. A filter that cannot run is no
   * failure of all that: `filter.failure` tells. `retries`: it is tried again though nothing changed.
   */
  reload({ retries = false } = {}): Promise<void> {
    const next = this.#replan.catch(() => {}).then(() => this.#follow(retries));
    this.#replan = next;
    return next;
  }

  async #follow(retries: boolean): Promise<void> {
    if (this.#isStopping) return;
    const state = readState(this.options.stateFile, { onWarning: this.options.onWarning });
    const all = links();
    const base = all.find((l) => l.ifname === this.options.device);
    if (base === undefined || base.ifindex !== this.#link.ifindex) {
      this.#fail(
        new EvlnetError('EVL_NO_DEVICE', `Cannot find device "${this.options.device}": it is gone`, {
          hint: 'start again when "ip link" shows it',
        }),
      );
      return;
    }
    this.#link = base;
    const next = plan(state, base, all, addresses(), this.services);
    // A port must be there before its frames come, and stay until they do not: first add, then divert, then remove.
    const leaving = this.#ports.filter((p) => !next.ports.some((n) => n.vid === p.vid));
    await this.thread.command({ kind: 'ports', ports: [...next.ports, ...leaving] });
    this.attachment.setVlans(next.table);
    const failure = this.filter.follow(state.filters[base.ifname], next.anyEthertype, retries);
    if (failure) this.#warn(failure.message, failure.hint);
    if (leaving.length > 0) await this.thread.command({ kind: 'ports', ports: next.ports });
    this.#ports = next.ports;
    this.#rev = state.rev;
  }

  /** Zeroes counters: of the slots, and of the hook where slot 0 is among them. */
  async reset(slots: readonly number[]): Promise<void> {
    if (slots.includes(0)) {
      this.#hookBase = this.attachment.hookCounters();
      this.#xskBase = this.attachment.statistics();
      this.#hiddenSeen = 0;
    }
    await this.thread.command({ kind: 'reset', slots });
    this.publish();
  }

  /** Brings the counters page up to date with what the kernel counts. */
  publish(): void {
    const { device, slots } = this.thread.counters;
    const hook = this.attachment.hookCounters().map((n, i) => n - this.#hookBase[i]!);
    for (let i = 0; i < hook.length; i++) device[DeviceCounter.Hook + i] = hook[i]!;
    const xsk = this.attachment.statistics();
    const base = this.#xskBase;
    slots[Drop.XskRxDropped] = xsk.rxDropped - base.rxDropped;
    slots[Drop.XskRxRingFull] = xsk.rxRingFull - base.rxRingFull;
    slots[Drop.XskFillRingEmpty] = xsk.fillRingEmpty - base.fillRingEmpty;
    slots[Drop.XskBadRxDescriptor] = xsk.rxInvalid - base.rxInvalid;
    slots[Drop.XskBadTxDescriptor] = xsk.txInvalid - base.txInvalid;
    slots[Drop.HiddenTag] = hook[HookCounter.HiddenTag]!;
  }

  /** All traffic in-band, until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.attachment.pause();
  }

  resume(): void {
    this.attachment.resume();
    this.#isPaused = false;
    this.#stillTicks = 0;
  }

  /** Ends the worker; `ended` tells when. In-band traffic is undisturbed from the first line on. */
  async stop(): Promise<void> {
    this.#end();
    await this.ended;
  }

  #end(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    clearInterval(this.#tick);
    this.#stateWatch?.close();
    this.attachment.pause();
    this.#traces.close();
    this.thread.stop();
  }

  #fail(error: EvlnetError): void {
    this.#failure ??= error;
    this.#end();
  }

  async #begin(): Promise<void> {
    const gone = this.thread.ended.then((error) => ({ error }));
    const until = Date.now() + START_MS;
    while (!this.thread.isRunning && Date.now() < until) {
      const end = await Promise.race([gone, new Promise<undefined>((r) => setTimeout(r, 1, undefined))]);
      if (end)
        throw end.error ?? new EvlnetError('EVL_THREAD', 'Cannot start the out-of-band thread: it ended');
    }
    if (!this.thread.isRunning) {
      this.#end();
      throw new EvlnetError('EVL_STALLED', 'Cannot start the out-of-band thread: it does not come up');
    }
    await this.reload();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.#watchState();
  }

  /** Follows a state file that somebody edits by hand, or rolls out; evlnet's own commands ask for a reload besides. */
  #watchState(): void {
    const { stateFile } = this.options;
    let timer: NodeJS.Timeout | undefined;
    try {
      this.#stateWatch = watch(dirname(stateFile), { persistent: false }, (_event, name) => {
        if (name !== basename(stateFile)) return;
        clearTimeout(timer);
        timer = setTimeout(
          () => void this.reload().catch((error: Error) => this.#warn(error.message)),
          SETTLE_MS,
        );
      });
      this.#stateWatch.on('error', () => {});
    } catch {
      // No inotify instance left: commands still reach the worker.
    }
  }

  #onTick(): void {
    this.#watchHeart();
    if (this.kernel.poll())
      void this.reload().catch((error: unknown) => this.#warn(String((error as Error).message)));
    if (++this.#ticks % PUBLISH_TICKS !== 0) return;
    this.publish();
    const hidden = this.thread.counters.slots[Drop.HiddenTag]!;
    if (hidden > this.#hiddenSeen && this.#hiddenSeen === 0) {
      const vid = this.attachment.hiddenVid();
      this.#warn(
        `frames of VLAN ${vid} reach "${this.options.device}" with their tag hidden from XDP: the sender's VLAN offload keeps it beside the frame`,
        'on the sending end (the other end of a veth, the bridge port): ethtool -K DEVICE txvlan off',
      );
    }
    this.#hiddenSeen = hidden;
  }

  /** The traffic of a hung thread must not vanish into it. */
  #watchHeart(): void {
    const now = this.thread.heartbeat;
    this.#stillTicks = now === this.#lastHeartbeat && !this.#isPaused ? this.#stillTicks + 1 : 0;
    this.#lastHeartbeat = now;
    if (this.#stillTicks >= HUNG_TICKS)
      this.#fail(
        new EvlnetError('EVL_STALLED', 'The out-of-band thread hung for 1 s: its traffic is in-band again', {
          hint: 'please report this, with the services that ran',
        }),
      );
  }

  #warn(message: string, hint?: string): void {
    const sinks = [...this.#services].flatMap((s) => s.sink ?? []);
    if (sinks.length === 0) this.options.onWarning(message, hint);
    for (const sink of sinks) sink.warning(message, hint);
  }

  /** Two responders on one port would answer twice. */
  #refuse(wanted: Wanted): void {
    for (const { wanted: other } of this.#services) {
      const samePort = other.port === undefined || wanted.port === undefined || other.port === wanted.port;
      const sameService = other.service === wanted.service && (other.udpPort ?? 7) === (wanted.udpPort ?? 7);
      if (samePort && sameService)
        throw new EvlnetError(
          'EVL_SERVICE_EXISTS',
          `Cannot start ${wanted.service} on "${wanted.port ?? this.options.device}": worker ${process.pid} runs one there already`,
          { hint: 'end that one first; two would answer twice' },
        );
    }
  }

  #finish(error: Error | undefined): EvlnetError | undefined {
    this.#isStopping = true;
    clearInterval(this.#tick);
    this.#traces.close();
    this.kernel.close();
    this.attachment.close();
    this.prepared.restore();
    if (error === undefined) return this.#failure;
    return error instanceof EvlnetError
      ? error
      : new EvlnetError('EVL_THREAD', `The out-of-band thread ended: ${error.message}`, {
          cause: error,
          hint: 'its traffic is in-band again',
        });
  }
}

/** The in-band side keeps off the CPUs that were given to the out-of-band thread, where there are others. */
function leaveTo(cpus: readonly number[]): void {
  const others = affinity().filter((cpu) => !cpus.includes(cpu));
  if (others.length > 0) setAffinity(others);
}
