import type { EvlnetError } from '../errors.js';
import { Trace } from '../memory/trace-ring.js';
import type { OutOfBandSide } from './out-of-band-side.js';
import type { Wanted } from './plan.js';
import type { PortSetup } from './shared.js';
import { type TraceRecord, traceRecord } from './trace-record.js';

const DRAIN_MS = 10;

/** Whoever wants a service: told of its packets. */
export interface Sink {
  trace(record: TraceRecord): void;
  /** Lines that did not fit the ring. */
  suppressed(count: number): void;
  warning(message: string, hint?: string): void;
  /** The service, one of a user's own, is stopped. */
  failed?(error: EvlnetError): void;
}

/** A service that runs, and who wanted it. */
export interface Served {
  readonly wanted: Wanted;
  readonly sink: Sink | undefined;
}

/** What a record's slot and device are called at the moment. */
export interface Names {
  readonly ports: readonly PortSetup[];
  readonly link: { readonly ifindex: number };
}

/** Carries traces from the ring to those who want them, while anybody does. */
export class TraceDispatch {
  readonly #seen = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    readonly outOfBand: OutOfBandSide,
    readonly services: ReadonlySet<Served>,
    readonly names: Names,
  ) {}

  /** To be called when the services changed. */
  setTimer(): void {
    if (this.#isClosed) return;
    if ([...this.services].some((s) => (s.wanted.trace ?? 0) > 0))
      this.#timer ??= setInterval(() => this.drain(), DRAIN_MS);
    else this.#stop();
  }

  /** Hands out what is in the ring. */
  drain(): void {
    const { ports, link } = this.names;
    const names = new Map(ports.map((p) => [p.vid, p.ifname]));
    this.outOfBand.trace.drain((words, frame, reply) => {
      const ifname = names.get(words[Trace.Slot]!);
      if (ifname === undefined) return;
      const record = traceRecord(words, frame, reply, ifname, link.ifindex);
      for (const sink of this.#sinksOf(ifname, record.drop === undefined ? 1 : 2)) sink.trace(record);
    });
    for (const { vid, ifname } of ports) {
      const total = this.outOfBand.suppressed[vid]!;
      const seen = this.#seen.get(vid) ?? 0;
      if (total === seen) continue;
      this.#seen.set(vid, total);
      for (const sink of this.#sinksOf(ifname, 1)) sink.suppressed(total - seen);
    }
  }

  /** Hands out what is left, and stops for good. */
  close(): void {
    this.#isClosed = true;
    this.drain();
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  *#sinksOf(ifname: string, level: number): Generator<Sink> {
    for (const { wanted, sink } of this.services)
      if (sink && (wanted.trace ?? 0) >= level && (wanted.port === undefined || wanted.port === ifname))
        yield sink;
  }
}
