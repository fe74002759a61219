import { EvlnetError } from '../errors.js';
import type { Counters } from '../memory/counters.js';
import type { EchoPage } from '../memory/echo-page.js';
import type { ServicePage } from '../memory/service-page.js';
import type { TraceRing } from '../memory/trace-ring.js';
import type { BellEnd } from './bell-end.js';
import { type Command, type DeviceCommand, type Spin, type Urgency, Word } from './shared.js';

const CONFIRM_MS = 2000;
/** A turn takes 100 ms at most. */
const HANG_MS = 500;

export interface SideOptions extends Urgency {
  /** File of the counters page. */
  readonly countersFile: string;
  readonly spin: Spin | undefined;
  readonly bell: BellEnd;
}

/** What both sides see. */
export interface SharedViews {
  readonly words: Int32Array;
  readonly counters: Counters;
  readonly trace: TraceRing;
  readonly suppressed: Int32Array;
  readonly echoes: EchoPage;
  readonly neighbours: Int32Array;
  readonly services: ServicePage;
}

/** The in-band side's handle on the out-of-band side: a thread, or a process of its own. */
export abstract class OutOfBandSide {
  readonly counters: Counters;
  readonly trace: TraceRing;
  readonly suppressed: Int32Array;
  readonly echoes: EchoPage;
  readonly neighbours: Int32Array;
  readonly services: ServicePage;
  readonly #words: Int32Array;
  #pathMtu: Promise<number> = Promise.resolve(0);
  /** Settles when it is gone: the error that ended it, or undefined. */
  abstract readonly ended: Promise<Error | undefined>;

  constructor(shared: SharedViews) {
    this.#words = shared.words;
    this.counters = shared.counters;
    this.trace = shared.trace;
    this.suppressed = shared.suppressed;
    this.echoes = shared.echoes;
    this.neighbours = shared.neighbours;
    this.services = shared.services;
  }

  /** Moves at every turn of the loop. */
  get heartbeat(): number {
    return Atomics.load(this.#words, Word.Heartbeat);
  }

  get isRunning(): boolean {
    return Atomics.load(this.#words, Word.Running) !== 0;
  }

  /** Number of its thread, once it runs; 0: unknown. */
  get thread(): number {
    return Atomics.load(this.#words, Word.Thread);
  }

  /** Posts a command and resolves once it was obeyed. */
  async command(command: Command | DeviceCommand): Promise<void> {
    // The message first: who sees the count move must find it.
    this.post(command);
    const number = Atomics.add(this.#words, Word.Command, 1) + 1;
    this.wake();
    const until = Date.now() + CONFIRM_MS;
    while (((Atomics.load(this.#words, Word.Done) - number) | 0) < 0) {
      if (Date.now() > until)
        throw new EvlnetError('EVL_STALLED', 'Cannot reach the out-of-band side: it does not answer');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** What routers said of the path to `address`; 0: nothing. One asks after the other, as there is one word for all answers. */
  pathMtu(address: number): Promise<number> {
    const asked = this.#pathMtu.then(async () => {
      await this.command({ kind: 'path-mtu', address });
      return this.#words[Word.PathMtu]!;
    });
    this.#pathMtu = asked.catch(() => 0);
    return asked;
  }

  /** Tells it to end; `ended` says when it has, 100 ms later at most unless it hangs. */
  stop(): void {
    Atomics.store(this.#words, Word.Stop, 1);
    this.wake();
    // Caught in a loop of its own it does not look.
    setTimeout(() => this.kill(), HANG_MS).unref();
  }

  /** Whether what this process has mapped can be seen there at the same address. */
  abstract get sharesMemory(): boolean;

  protected abstract post(command: Command | DeviceCommand): void;
  protected abstract wake(): void;
  protected abstract kill(): void;
}
