import type { SocketStatistics } from '../socket/statistics.js';
import type { Context } from './context.js';
import { type LineWriter, lineWriter } from './line-writer.js';
import { stamp } from './stamp.js';

/** How what comes is shown. */
export interface Showing<Origin> {
  /** It ends after so many. */
  readonly limit: number;
  /** Only the summary. */
  readonly isQuiet?: boolean;
  record(message: Buffer, from: Origin): object;
  /** `count` came before it. */
  lines(message: Buffer, from: Origin, count: number): readonly string[];
}

/** What came, at the end. */
export interface Received {
  readonly received: number;
  readonly bytes: number;
  /** What found no room in the receive buffer. */
  readonly dropped: number;
  /** Lines that nobody read in time. */
  readonly suppressed?: number;
}

/** A socket of any kind. */
interface Receiver<Origin> {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'message', listener: (message: Buffer, from: Origin) => void): unknown;
  statistics(): SocketStatistics;
}

/** A command that shows what comes to its socket, and sums it up. Nobody waits for who reads the lines: those may be lost. */
export class Reception<Origin> {
  readonly #out: LineWriter;
  #suppressed = 0;
  #received = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(
    readonly context: Pick<Context, 'io' | 'globals'>,
    readonly showing: Showing<Origin>,
  ) {
    this.#out = lineWriter(context.io.stdout);
  }

  get received(): number {
    return this.#received;
  }

  line(text: string): void {
    if (!this.#out.write(`${text}\n`)) this.#suppressed++;
  }

  /** Until enough has come, `stop` aborts or `begin`, which binds the socket, says so. */
  from(socket: Receiver<Origin>, stop: AbortSignal, begin: (end: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#dropped = socket.statistics().dropped;
        resolve();
      };
      socket.on('error', reject);
      socket.on('message', (message, from) => {
        if (this.#received >= this.showing.limit) return;
        this.#show(message, from);
        if (this.#received >= this.showing.limit) end();
      });
      stop.addEventListener('abort', end, { once: true });
      begin(end);
    });
  }

  /** `named`: what the summary is of. */
  async sumUp<Named extends object>(
    named: Named,
    lines: (summary: Named & Received) => readonly string[],
  ): Promise<void> {
    const summary = { ...named, received: this.#received, bytes: this.#bytes, dropped: this.#dropped };
    const suppressed = this.#suppressed;
    if (this.context.globals.json) {
      await this.#out.end(`${JSON.stringify({ ...summary, ...(suppressed > 0 ? { suppressed } : {}) })}\n`);
      return;
    }
    const gap = suppressed > 0 ? [`… ${suppressed} lines suppressed`] : [];
    await this.#out.end(`${[...gap, ...lines(summary)].join('\n')}\n`);
  }

  close(): void {
    this.#out.close();
  }

  #show(message: Buffer, from: Origin): void {
    const { showing } = this;
    const { json, timestamp } = this.context.globals;
    const count = this.#received++;
    this.#bytes += message.length;
    if (showing.isQuiet) return;
    if (json) {
      const time = timestamp ? { timestamp: new Date().toISOString() } : {};
      this.line(JSON.stringify({ ...time, ...showing.record(message, from) }));
    } else this.line(stamp(timestamp) + showing.lines(message, from, count).join('\n'));
  }
}
