import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { XdpPlace } from '../device/xdp.js';
import { EvlnetError } from '../errors.js';
import { write } from '../linux/libc.js';
import { map } from '../linux/memory.js';
import { Counters, SLOTS } from '../memory/counters.js';
import { ECHO_PAGE_LENGTH, EchoPage } from '../memory/echo-page.js';
import { NEIGHBOUR_PAGE_LENGTH } from '../memory/neighbour-page.js';
import { SERVICE_PAGE_LENGTH, ServicePage } from '../memory/service-page.js';
import { TRACE_LENGTH, TraceRing } from '../memory/trace-ring.js';
import { mapCounters } from './counters-file.js';
import { OutOfBandSide, type SideOptions } from './out-of-band-side.js';
import { type Command, type DeviceCommand, type Failure, type ThreadData, WORDS } from './shared.js';

const ENTRY = new URL('./thread-entry.js', import.meta.url);

/**
 * A thread started ahead of its work: it loads and warms up meanwhile. Nothing keeps the process alive for it; who does not use it must
 * discard it.
 */
export class SpawnedThread {
  readonly driver = 'xdp';
  readonly #worker = new Worker(ENTRY, { name: 'out-of-band' });
  readonly #loaded: Promise<void>;

  constructor() {
    this.#worker.unref();
    this.#loaded = new Promise((resolve) => {
      for (const event of ['message', 'exit']) this.#worker.once(event, () => resolve());
    });
    // One that fails before it is used is seen by its threadId, -1.
    this.#worker.on('error', () => {});
  }

  get isAlive(): boolean {
    return this.#worker.threadId !== -1;
  }

  begin(o: SideOptions, device: XdpPlace): OutOfBandSide {
    return new OutOfBandThread(o, device, this.#worker, this.#loaded);
  }

  async discard(): Promise<void> {
    // Who waits must not be alone: the process would end.
    this.#worker.ref();
    await terminate(this.#worker, this.#loaded);
  }
}

/** Not before it has loaded: koffi, whose calls fail as soon as the thread is to end, takes the whole process along when it cannot say so. */
async function terminate(worker: Worker, loaded: Promise<void>): Promise<void> {
  await loaded;
  await worker.terminate();
}

class OutOfBandThread extends OutOfBandSide {
  readonly ended: Promise<Error | undefined>;
  readonly #commands: MessagePort;
  readonly #one = map(4096);
  readonly #wakeFd: number;
  readonly #worker: Worker;
  readonly #loaded: Promise<void>;

  /** `worker` is still alive, and unused. */
  constructor(o: SideOptions, device: XdpPlace, worker: Worker, loaded: Promise<void>) {
    const page = mapCounters(o.countersFile, 'new');
    const words = new SharedArrayBuffer(WORDS * 4);
    const trace = new SharedArrayBuffer(TRACE_LENGTH);
    const suppressed = new SharedArrayBuffer(SLOTS * 4);
    const echoes = new SharedArrayBuffer(ECHO_PAGE_LENGTH);
    const neighbours = new SharedArrayBuffer(NEIGHBOUR_PAGE_LENGTH);
    const services = new SharedArrayBuffer(SERVICE_PAGE_LENGTH);
    super({
      words: new Int32Array(words),
      counters: new Counters(page.buffer),
      trace: new TraceRing(trace),
      suppressed: new Int32Array(suppressed),
      echoes: new EchoPage(echoes),
      neighbours: new Int32Array(neighbours),
      services: new ServicePage(services),
    });
    const { port1, port2 } = new MessageChannel();
    this.#commands = port1;
    port1.unref();
    this.#wakeFd = o.bell.wakeFd;
    this.#one.view.setBigUint64(0, 1n, true);
    const { spin, cpus, priority } = o;
    const data: ThreadData = {
      bell: o.bell.address,
      words,
      trace,
      suppressed,
      echoes,
      neighbours,
      services,
      counters: page.address,
      commands: port2,
      device: { ...device, wakeFd: o.bell.wakeFd },
      spin,
      cpus,
      priority,
    };
    this.#worker = worker;
    this.#loaded = loaded;
    worker.ref();
    worker.postMessage(data, [port2]);
    let failure: Error | undefined;
    worker.on('error', (error) => {
      failure = error;
    });
    this.ended = new Promise((resolve) => {
      worker.on('exit', () => {
        const said = receiveMessageOnPort(this.#commands)?.message as Failure | undefined;
        this.#commands.close();
        resolve(said ? new EvlnetError(said.failure.code, said.failure.message, said.failure) : failure);
      });
    });
  }

  /** It is in this process: what is mapped here is there. */
  get sharesMemory(): boolean {
    return true;
  }

  protected post(command: Command | DeviceCommand): void {
    this.#commands.postMessage(command);
  }

  protected wake(): void {
    write(this.#wakeFd, this.#one.address, 8);
  }

  protected kill(): void {
    void terminate(this.#worker, this.#loaded);
  }
}
