import { EvlnetError } from '../errors.js';
import { ModuleDispatch } from './module-dispatch.js';
import type { OutOfBandSide } from './out-of-band-side.js';
import type { Wanted } from './plan.js';
import type { Served, Sink } from './trace-dispatch.js';

/** What they need of their worker. */
export interface ServicesHost {
  readonly device: string;
  isStopping(): boolean;
  /** Takes a UDP port of a port (undefined: of all), or throws. */
  reserve(port: string | undefined, udpPort: number): void;
  /** Puts them into effect. */
  reload(): Promise<void>;
  /** They are others than before. */
  onChange(): void;
  onWarning(message: string, hint?: string): void;
}

/** The services of a worker, and who wanted them. */
export class Services {
  readonly running = new Set<Served>();
  readonly #modules: ModuleDispatch;

  constructor(
    outOfBand: OutOfBandSide,
    readonly host: ServicesHost,
  ) {
    this.#modules = new ModuleDispatch(outOfBand);
  }

  get wanted(): readonly Wanted[] {
    return [...this.running].map((s) => s.wanted);
  }

  /** Each once: the services of one command share theirs. */
  get sinks(): readonly Sink[] {
    return [...new Set([...this.running].flatMap((s) => s.sink ?? []))];
  }

  /** Adds a service; resolves once it runs, with what removes it. */
  async serve(wanted: Wanted, sink: Sink | undefined): Promise<() => Promise<void>> {
    this.#refuse(wanted);
    const id = wanted.module && (await this.#modules.load(wanted.module));
    const running = { wanted: id === undefined ? wanted : withId(wanted, id), sink };
    this.running.add(running);
    this.host.onChange();
    try {
      const udpPort = id === undefined ? udpPortOf(wanted) : this.#modules.udpPort(id);
      if (udpPort !== 0) this.host.reserve(wanted.port, udpPort);
      await this.host.reload();
    } catch (error) {
      await this.#end(running).catch(() => {});
      throw error;
    }
    return () => this.#end(running);
  }

  /** Tells of users' services that were stopped, and does without them. */
  watch(): void {
    const { host } = this;
    for (const running of this.running) {
      const id = running.wanted.module?.id;
      const failure = id === undefined ? undefined : this.#modules.failure(id);
      if (failure === undefined) continue;
      if (running.sink?.failed) running.sink.failed(failure);
      else host.onWarning(failure.message, failure.hint);
      // Where the failure ends the worker too, nobody answers any more.
      void this.#end(running).catch(({ message }: Error) => host.isStopping() || host.onWarning(message));
    }
  }

  async #end(running: Served): Promise<void> {
    if (!this.running.delete(running)) return;
    this.host.onChange();
    if (this.host.isStopping()) return;
    await this.host.reload();
    const id = running.wanted.module?.id;
    if (id !== undefined) await this.#modules.unload(id);
  }

  /** Two responders on one port would answer twice. */
  #refuse(wanted: Wanted): void {
    if (wanted.service === 'module') return;
    for (const { wanted: other } of this.running) {
      const samePort = other.port === undefined || wanted.port === undefined || other.port === wanted.port;
      const sameService = other.service === wanted.service && udpPortOf(other) === udpPortOf(wanted);
      if (samePort && sameService)
        throw new EvlnetError(
          'EVL_SERVICE_EXISTS',
          `Cannot start ${wanted.service} on "${wanted.port ?? this.host.device}": worker ${process.pid} runs one there already`,
          { hint: 'end that one first; two would answer twice' },
        );
    }
  }
}

/** Of a service that is evlnet's own; 0: it serves none. */
const udpPortOf = ({ service, udpPort = 7 }: Wanted): number => (service === 'udp-echo' ? udpPort : 0);

/** A module's service, as it is loaded. */
const withId = (wanted: Wanted, id: number): Wanted => ({ ...wanted, module: { ...wanted.module!, id } });
