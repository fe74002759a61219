// The out-of-band thread. It loads and warms up, waits for its work, and from then on never returns to the event loop: commands are looked
// for between batches.

import { GCProfiler, getHeapStatistics } from 'node:v8';
import './engine.js';
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { XdpDevice } from '../device/xdp.js';
import { EvlnetError } from '../errors.js';
import { viewAt } from '../linux/memory.js';
import { setAffinity, setFifo } from '../linux/sched.js';
import { Batch } from '../memory/batch.js';
import { Counters, DeviceCounter, PAGE_LENGTH, SLOT_STRIDE } from '../memory/counters.js';
import { TraceRing } from '../memory/trace-ring.js';
import { IcmpResponder } from '../service/icmp-responder.js';
import { udpEcho } from '../service/udp-echo.js';
import { Announcer } from '../stack/announcer.js';
import { Port } from '../stack/port.js';
import { Stack } from '../stack/stack.js';
import { Tracer } from '../stack/tracer.js';
import { Loop, nowNs } from './loop.js';
import { type Command, failureOf, type OutOfBandData, type PortSetup } from './shared.js';
import { warmUp } from './warm-up.js';

class OutOfBand {
  readonly #device: XdpDevice;
  readonly #counters: Counters;
  readonly #stack: Stack;
  readonly #responder: IcmpResponder;
  readonly #announcer: Announcer;
  readonly #commands: MessagePort;
  readonly loop: Loop;
  #slots: number[] = [];
  #profiler: GCProfiler | undefined;

  constructor(data: OutOfBandData) {
    this.#device = new XdpDevice(data.device);
    this.#counters = new Counters(viewAt(data.counters, PAGE_LENGTH).buffer);
    const tracer = new Tracer(new TraceRing(data.trace), new Int32Array(data.suppressed), nowNs);
    this.#stack = new Stack(this.#device.arena, this.#counters, tracer);
    this.#responder = new IcmpResponder(this.#counters, tracer);
    this.#announcer = new Announcer(this.#device, new Batch(1), this.#counters.slots);
    this.#commands = data.commands;
    this.loop = new Loop(
      this.#device,
      this.#stack,
      this.#counters,
      new Int32Array(data.words),
      this.#announcer,
      () => this.#obey(),
      data.spin,
    );
  }

  #obey(): void {
    for (;;) {
      const message = receiveMessageOnPort(this.#commands);
      if (message === undefined) return;
      const command = message.message as Command;
      if (command.kind === 'ports') this.#setPorts(command.ports);
      else if (command.kind === 'reset') this.#reset(command.slots);
      else if (command.kind === 'collections') this.#countCollections(command.on);
      else if (command.how === 'throw') throw new Error('told to fail');
      else for (;;);
    }
  }

  #setPorts(setups: readonly PortSetup[]): void {
    const slots = setups.map((s) => s.vid);
    for (const slot of this.#slots)
      if (!slots.includes(slot)) {
        this.#stack.setPort(slot, undefined);
        this.#announcer.stop(slot);
      }
    for (const setup of setups) {
      const port = new Port(setup);
      const before = this.#stack.port(setup.vid);
      port.replies = setup.responds && before?.icmp !== undefined ? before.replies : 0;
      port.trace = setup.trace;
      port.icmp = setup.responds ? this.#responder : undefined;
      port.udp = setup.udpEcho.map(udpEcho);
      this.#stack.setPort(setup.vid, port);
      this.#announcer.start(port, before, nowNs());
    }
    this.#slots = slots;
  }

  /** Slot 0 stands for the device: what is counted for it as a whole goes with it. */
  #reset(slots: readonly number[]): void {
    if (slots.includes(0)) {
      this.#device.refused = 0;
      this.#counters.serviceTime.fill(0);
    }
    for (const slot of slots) this.#counters.slots.fill(0, slot * SLOT_STRIDE, (slot + 1) * SLOT_STRIDE);
  }

  #countCollections(on: boolean): void {
    this.#counters.device[DeviceCounter.HeapUsed] = getHeapStatistics().used_heap_size;
    if (on) {
      this.#profiler = new GCProfiler();
      this.#profiler.start();
      return;
    }
    const statistics = this.#profiler?.stop()?.statistics ?? [];
    this.#counters.device[DeviceCounter.Collections] = statistics.length;
    this.#counters.device[DeviceCounter.CollectionsNs] = statistics.reduce(
      (sum, s) => sum + s.cost * 1000,
      0,
    );
  }
}

warmUp();
const data = await new Promise<OutOfBandData>((resolve) => parentPort!.once('message', resolve));
try {
  if (data.cpus) setAffinity([...data.cpus]);
  if (data.priority !== undefined) setFifo(data.priority);
  await new OutOfBand(data).loop.run();
} catch (error) {
  // An error that crosses threads loses its class, and with it the hint.
  if (error instanceof EvlnetError) data.commands.postMessage(failureOf(error));
  throw error;
} finally {
  data.commands.close();
}
