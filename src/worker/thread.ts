import { closeSync, openSync } from 'node:fs';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { XdpPlace } from '../device/xdp.js';
import { EvlnetError } from '../errors.js';
import { ftruncate, must, write } from '../linux/libc.js';
import { type Mapping, map, mapFile } from '../linux/memory.js';
import { Counters, PAGE_LENGTH, SLOTS } from '../memory/counters.js';
import { TRACE_LENGTH, TraceRing } from '../memory/trace-ring.js';
import { type Command, type Failure, type OutOfBandData, type Spin, WORDS, Word } from './shared.js';

const ENTRY = new URL('./out-of-band.js', import.meta.url);
const CONFIRM_MS = 2000;
/** A turn takes 100 ms at most. */
const HANG_MS = 500;

export interface ThreadOptions {
  readonly device: XdpPlace;
  /** File of the counters page. */
  readonly countersFile: string;
  readonly spin: Spin | undefined;
  readonly cpus: readonly number[] | undefined;
  readonly priority: number | undefined;
}

/**
 * Starts the thread ahead of its work: it loads and warms up meanwhile. Nothing keeps the process alive for it; who does not use it must
 * terminate it.
 */
export function spawnThread(): Worker {
  const worker = new Worker(ENTRY, { name: 'out-of-band' });
  worker.unref();
  // One that fails before it is used is seen by its threadId, -1.
  worker.on('error', () => {});
  return worker;
}

/** The in-band side's handle on the out-of-band thread. */
export class OutOfBandThread {
  readonly counters: Counters;
  readonly trace: TraceRing;
  readonly suppressed: Int32Array;
  /** Settles when the thread is gone: the error that ended it, or undefined. */
  readonly ended: Promise<Error | undefined>;
  readonly #words: Int32Array;
  readonly #commands: MessagePort;
  readonly #one = map(4096);
  readonly #wakeFd: number;
  readonly #worker: Worker;

  /** `worker` from spawnThread, still alive. */
  constructor(o: ThreadOptions, worker: Worker) {
    let page: Mapping;
    const fd = openSync(o.countersFile, 'w+', 0o644);
    try {
      must(ftruncate(fd, PAGE_LENGTH), `make room for the counters in "${o.countersFile}"`);
      page = mapFile(fd, PAGE_LENGTH);
    } finally {
      closeSync(fd);
    }
    this.counters = new Counters(page.buffer);
    const words = new SharedArrayBuffer(WORDS * 4);
    const trace = new SharedArrayBuffer(TRACE_LENGTH);
    const suppressed = new SharedArrayBuffer(SLOTS * 4);
    const { port1, port2 } = new MessageChannel();
    this.#words = new Int32Array(words);
    this.trace = new TraceRing(trace);
    this.suppressed = new Int32Array(suppressed);
    this.#commands = port1;
    port1.unref();
    this.#wakeFd = o.device.wakeFd;
    this.#one.view.setBigUint64(0, 1n, true);
    const data: OutOfBandData = {
      words,
      trace,
      suppressed,
      counters: page.address,
      commands: port2,
      device: o.device,
      spin: o.spin,
      cpus: o.cpus,
      priority: o.priority,
    };
    this.#worker = worker;
    worker.ref();
    worker.postMessage(data, [port2]);
    let failure: Error | undefined;
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        const said = receiveMessageOnPort(this.#commands)?.message as Failure | undefined;
        this.#commands.close();
        resolve(said ? new EvlnetError(said.failure.code, said.failure.message, said.failure) : failure);
      });
    });
  }

  /** Moves at every turn of the loop. */
  get heartbeat(): number {
    return Atomics.load(this.#words, Word.Heartbeat);
  }

  get isRunning(): boolean {
    return Atomics.load(this.#words, Word.Running) !== 0;
  }

  /** Posts a command and resolves once the thread has obeyed. */
  async command(command: Command): Promise<void> {
    // The message first: the thread that sees the count move must find it.
    this.#commands.postMessage(command);
    const number = Atomics.add(this.#words, Word.Command, 1) + 1;
    this.#wake();
    const until = Date.now() + CONFIRM_MS;
    while (((Atomics.load(this.#words, Word.Done) - number) | 0) < 0) {
      if (Date.now() > until)
        throw new EvlnetError('EVL_STALLED', 'Cannot reach the out-of-band thread: it does not answer');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Tells the thread to end; `ended` says when it has, 100 ms later at most unless it hangs. */
  stop(): void {
    Atomics.store(this.#words, Word.Stop, 1);
    this.#wake();
    // A thread caught in a loop of its own does not look; only the engine can end it.
    setTimeout(() => void this.#worker.terminate(), HANG_MS).unref();
  }

  #wake(): void {
    write(this.#wakeFd, this.#one.address, 8);
  }
}
