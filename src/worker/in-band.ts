import { join } from 'node:path';
import type { Attachment } from '../device/attachment.js';
import { EvlnetError } from '../errors.js';
import { addresses, type Link, links, type Monitor, monitor } from '../linux/link.js';
import { countPageFaults, type PageFaults } from '../linux/page-faults.js';
import { kernelRoutes } from '../linux/route.js';
import { leaveTo, parseCpuList } from '../linux/sched.js';
import { threadActivity } from '../linux/thread-activity.js';
import { readState } from '../state/file.js';
import type { StateDocument } from '../state/schema.js';
import { answeredTwice } from './answered-twice.js';
import { type BellEnd, makeBell } from './bell-end.js';
import { Conflicts } from './conflicts.js';
import { neitherDriver, takeDriver } from './driver.js';
import { DriverTimes } from './driver-times.js';
import { EchoDispatch, type EchoRun, type EchoSink, type EchoWanted } from './echo-dispatch.js';
import { Filter } from './filter.js';
import { Heart } from './heart.js';
import { HookCounters } from './hook-counters.js';
import type { InBandOptions } from './in-band-options.js';
import type { PreparedInterface } from './interface.js';
import { KernelNeighbours } from './kernel-neighbours.js';
import type { OutOfBandSide } from './out-of-band-side.js';
import { plan, type Wanted } from './plan.js';
import { requireDevice } from './requirements.js';
import { Services } from './services.js';
import type { PortSetup } from './shared.js';
import { Sockets } from './sockets.js';
import type { Spawned } from './spawn.js';
import { watchState } from './state-watch.js';
import { Tap } from './tap.js';
import { type Sink, TraceDispatch } from './trace-dispatch.js';

const TICK_MS = 100;
/** Ticks between two looks at the kernel's counters; who reads the page asks for a fresh one. */
const PUBLISH_TICKS = 5;
// A machine may be an emulated one.
const START_MS = 60_000;

/** The in-band side of a worker: owns the attachment and the out-of-band side, follows state file and kernel tables, publishes counters. */
export class InBand {
  readonly #services: Services;
  readonly #traces: TraceDispatch;
  readonly #echoes: EchoDispatch;
  readonly neighbours: KernelNeighbours;
  #neighboursWarned = '';
  /** What decides at the hook, if not the VLAN rule alone. */
  readonly filter: Filter;
  /** For who dumps frames. */
  readonly tap: Tap;
  /** Of applications. */
  readonly sockets: Sockets;
  /** Of the out-of-band thread since it runs; undefined where /proc does not tell. */
  pageFaults: () => PageFaults | undefined = () => undefined;
  #ports: readonly PortSetup[] = [];
  #rev = 0;
  #link: Link;
  #tick: NodeJS.Timeout | undefined;
  readonly #heart = new Heart(() => threadActivity(this.outOfBand.thread));
  #ticks = 0;
  readonly #counters: HookCounters;
  readonly #conflicts = new Conflicts();
  #copiesWarned = '';
  #replan: Promise<void> = Promise.resolve();
  #failure: EvlnetError | undefined;
  #isStopping = false;
  #isPaused = false;
  #isDiverting = false;
  #unwatchState: (() => void) | undefined;

  /** Settles when the worker has ended and everything is put back: why, if not for `stop`. */
  readonly ended: Promise<EvlnetError | undefined>;

  private constructor(
    readonly options: InBandOptions,
    base: Link,
    readonly attachment: Attachment,
    readonly outOfBand: OutOfBandSide,
    readonly prepared: PreparedInterface,
    readonly kernel: Monitor,
    /** How long the link was gone after attaching: some drivers reset (igb about 1 s). */
    readonly resetMs: number,
    readonly bell: BellEnd,
  ) {
    this.#link = base;
    this.#services = new Services(outOfBand, {
      device: options.device,
      isStopping: () => this.#isStopping,
      reserve: (port, udpPort) => this.sockets.reserveServed(port, udpPort),
      reload: () => this.reload(),
      onChange: () => {
        if (this.#isDiverting) this.#traces.setTimer();
      },
      onWarning: (message, hint) => this.#warn(message, hint),
    });
    this.#traces = new TraceDispatch(outOfBand, this.#services.running, this);
    this.#echoes = new EchoDispatch(outOfBand);
    this.neighbours = new KernelNeighbours(outOfBand);
    this.#counters = new HookCounters(attachment, outOfBand.counters);
    this.filter = new Filter(options.device, attachment);
    this.tap = new Tap(attachment, options.device);
    const times = new DriverTimes(attachment, outOfBand);
    this.sockets = new Sockets(outOfBand, bell, times, options.folder, () => this.#ports);
    this.ended = outOfBand.ended.then((error) => this.#finish(error));
  }

  /** Becomes the worker of the device, that takes nothing yet; `spawned` is its out-of-band side, started ahead, and is used up. */
  static async start(o: InBandOptions, spawned: Spawned): Promise<InBand> {
    try {
      const base = requireDevice(o.device);
      const state = readState(o.stateFile, { onWarning: o.onWarning });
      return await InBand.#start(o, base, state, spawned);
    } catch (error) {
      await spawned.discard();
      throw error;
    }
  }

  static async #start(o: InBandOptions, base: Link, state: StateDocument, spawned: Spawned): Promise<InBand> {
    const cpus = o.cpu === undefined ? undefined : parseCpuList(o.cpu);
    const driver = await takeDriver({ base, state, folder: o.folder, spawned });
    const { attachment, prepared, resetMs } = driver;
    const bell = makeBell(o.folder);
    try {
      const outOfBand = driver.begin({
        countersFile: join(o.folder, 'stats'),
        spin: o.spin,
        cpus,
        priority: o.priority,
        bell,
      });
      if (cpus) leaveTo(cpus);
      const worker = new InBand(o, base, attachment, outOfBand, prepared, monitor(), resetMs, bell);
      try {
        await worker.#begin();
        if (driver.fallback)
          o.onWarning(
            `"${o.device}" runs with the driver pcap: ${driver.fallback.message}`,
            driver.fallback.hint,
          );
        return worker;
      } catch (error) {
        // It works in memory that the attachment owns: it must end first.
        await worker.stop();
        throw driver.fallback ? neitherDriver(driver.fallback, error) : error;
      }
    } catch (error) {
      bell.close();
      attachment.close();
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
    return this.#services.wanted;
  }

  /** Adds a service; resolves once it runs, with what removes it. */
  serve(wanted: Wanted, sink: Sink | undefined): Promise<() => Promise<void>> {
    return this.#services.serve(wanted, sink);
  }

  /** Begins to take traffic; until then all of it is in-band: who is to answer must be there first. */
  async divert(): Promise<void> {
    this.#isDiverting = true;
    await this.reload();
    // Not before: who starts the worker first says that it listens.
    this.#traces.setTimer();
  }

  /** Sends echo requests; resolves once the first is sent. */
  ping(wanted: EchoWanted, sink: EchoSink): Promise<EchoRun> {
    const port = this.#ports.find((p) => p.ifname === wanted.port);
    if (port === undefined)
      throw new EvlnetError('EVL_NO_PORT', `Cannot find an enabled port "${wanted.port}"`, {
        hint: `evlnet port enable ${wanted.port}`,
      });
    return this.#echoes.start(wanted, port.vid, sink);
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
    // It may look while somebody writes the file: what is half there is not to be repaired, the rest follows.
    const state = readState(this.options.stateFile, { onWarning: this.options.onWarning, repairs: false });
    const all = links();
    const base = this.#followBase(all.find((l) => l.ifname === this.options.device));
    if (base === undefined) return;
    this.#link = base;
    const next = plan(
      state,
      base,
      { links: all, addresses: addresses(), routes: kernelRoutes() },
      this.services,
    );
    // A port must be there before its frames come, and stay until they do not: first add, then divert, then remove.
    const leaving = this.#ports.filter((p) => !next.ports.some((n) => n.vid === p.vid));
    await this.outOfBand.command({ kind: 'ports', ports: [...next.ports, ...leaving] });
    if (this.#isDiverting) {
      this.attachment.setVlans(next.table);
      const failure = await this.filter.follow(state.filters[base.ifname], next.anyEthertype, retries);
      if (failure) this.#warn(failure.message, failure.hint);
    }
    if (leaving.length > 0) await this.outOfBand.command({ kind: 'ports', ports: next.ports });
    this.#ports = next.ports;
    this.neighbours.follow(next.ports);
    this.sockets.followPorts((message, hint) => this.#warn(message, hint));
    this.#rev = state.rev;
    this.#warnAboutCopies();
  }

  #warnAboutCopies(): void {
    const names = answeredTwice(this.attachment, this.#ports);
    if (names !== '' && names !== this.#copiesWarned)
      this.#warn(
        `The kernel answers too on ${names}: every ping shows (DUP!)`,
        'Linux 6.6 with CAP_NET_ADMIN and CAP_BPF keeps its copy out; so does deleting the VLAN device: evlnet needs none',
      );
    this.#copiesWarned = names;
  }

  /** The base device as it is now; a driver that outlives it goes on with one that is down. Undefined: the worker ends. */
  #followBase(found: Link | undefined): Link | undefined {
    if (found?.ifindex === this.#link.ifindex) return found;
    const { device } = this.options;
    if (this.attachment.follow === undefined) {
      this.#fail(
        new EvlnetError('EVL_NO_DEVICE', `Cannot find device "${device}": it is gone`, {
          hint: 'start again when "ip link" shows it',
        }),
      );
      return undefined;
    }
    try {
      this.attachment.follow(found);
    } catch (error) {
      this.#warn(`Cannot follow "${device}": ${(error as Error).message}`);
    }
    return found ?? { ...this.#link, ifindex: 0, up: false, lowerUp: false, flags: [], operstate: 'DOWN' };
  }

  /** Zeroes counters: of the slots, and of the hook where slot 0 is among them. */
  async reset(slots: readonly number[]): Promise<void> {
    this.sockets.publish();
    if (slots.includes(0)) this.#counters.reset();
    await this.outOfBand.command({ kind: 'reset', slots });
    this.publish();
  }

  /** Brings the counters page up to date with what the kernel counts. */
  publish(): void {
    this.#counters.publish();
    this.sockets.publish();
  }

  /** All traffic in-band, until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.attachment.pause();
  }

  resume(): void {
    this.attachment.resume();
    this.#isPaused = false;
    this.#heart.rest();
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Ends the worker; `ended` tells when. In-band traffic is undisturbed from the first line on. */
  async stop(): Promise<void> {
    this.#end();
    await this.ended;
  }

  #end(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.sockets.refuse();
    clearInterval(this.#tick);
    this.#unwatchState?.();
    this.attachment.pause();
    this.#traces.close();
    this.#echoes.close();
    this.outOfBand.stop();
  }

  #fail(error: EvlnetError): void {
    this.#failure ??= error;
    this.#end();
  }

  async #begin(): Promise<void> {
    const gone = this.outOfBand.ended.then((error) => ({ error }));
    const until = Date.now() + START_MS;
    while (!this.outOfBand.isRunning && Date.now() < until) {
      const end = await Promise.race([gone, new Promise<undefined>((r) => setTimeout(r, 1, undefined))]);
      if (end)
        throw end.error ?? new EvlnetError('EVL_THREAD', 'Cannot start the out-of-band side: it ended');
    }
    if (!this.outOfBand.isRunning) {
      this.#end();
      throw new EvlnetError('EVL_STALLED', 'Cannot start the out-of-band side: it does not come up');
    }
    this.pageFaults = countPageFaults(this.outOfBand.thread);
    await this.reload();
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.#unwatchState = watchState(this.options.stateFile, () => this.#reloadOrWarn());
  }

  #reloadOrWarn(): void {
    void this.reload().catch(({ message }: Error) => this.#isStopping || this.#warn(message));
  }

  #onTick(): void {
    this.#watchHeart();
    this.#services.watch();
    if (this.kernel.poll()) this.#reloadOrWarn();
    void this.#carryNeighbours();
    if (++this.#ticks % PUBLISH_TICKS !== 0) return;
    this.publish();
    this.#conflicts.look(this.outOfBand.counters, this.#ports, (message, hint) => this.#warn(message, hint));
    this.#counters.firstHidden(this.options.device, (message, hint) => this.#warn(message, hint));
  }

  async #carryNeighbours(): Promise<void> {
    try {
      await this.neighbours.tick();
    } catch (error) {
      const { message } = error as Error;
      if (this.#isStopping || message === this.#neighboursWarned) return;
      this.#neighboursWarned = message;
      this.#warn(`Cannot follow the kernel's neighbours: ${message}`);
    }
  }

  /** The traffic of a side that hangs must not vanish into it. */
  #watchHeart(): void {
    if (!this.#isPaused && this.#heart.hangs(this.outOfBand.heartbeat, TICK_MS))
      this.#fail(
        new EvlnetError('EVL_STALLED', 'The out-of-band side hung for 1 s: its traffic is in-band again', {
          hint: 'please report this, with the services that ran',
        }),
      );
  }

  #warn(message: string, hint?: string): void {
    const { sinks } = this.#services;
    if (sinks.length === 0) this.options.onWarning(message, hint);
    for (const sink of sinks) sink.warning(message, hint);
  }

  #finish(error: Error | undefined): EvlnetError | undefined {
    this.#isStopping = true;
    clearInterval(this.#tick);
    this.#traces.close();
    this.#echoes.close();
    this.kernel.close();
    this.neighbours.close();
    this.sockets.end();
    this.bell.close();
    this.tap.close();
    this.attachment.close();
    this.prepared.restore();
    if (error === undefined) return this.#failure;
    return error instanceof EvlnetError
      ? error
      : new EvlnetError('EVL_THREAD', `The out-of-band side ended: ${error.message}`, {
          cause: error,
          hint: 'its traffic is in-band again',
        });
  }
}
