import type { Device } from '../device/device.js';
import { BATCH, Batch } from '../memory/batch.js';
import { Counters, PAGE_LENGTH, SLOTS } from '../memory/counters.js';
import { TRACE_LENGTH, TraceRing } from '../memory/trace-ring.js';
import type { Port } from '../stack/port.js';
import { Stack } from '../stack/stack.js';
import { Tracer } from '../stack/tracer.js';

/** A stack of one's own on a device, without a worker: whoever has it says when it turns, and what time it is. */
export class OwnStack {
  readonly counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
  readonly tracer: Tracer;
  readonly stack: Stack;
  readonly #rx = new Batch(BATCH);

  /** `nowNs`: the clock, in nanoseconds, of whatever beginning. */
  constructor(
    readonly device: Device,
    readonly nowNs: () => number,
  ) {
    this.tracer = new Tracer(new TraceRing(new ArrayBuffer(TRACE_LENGTH)), new Int32Array(SLOTS), nowNs);
    this.stack = new Stack(device, this.counters, this.tracer);
  }

  /** Puts a port in the slot of its VID. */
  addPort(port: Port): void {
    this.stack.setPort(port.slot, port);
  }

  /** Receives a batch at most, has it answered, transmits; returns how many frames came. */
  turn(): number {
    const { device, stack } = this;
    const now = this.nowNs();
    const count = device.receive(this.#rx);
    if (count > 0) {
      this.tracer.batchNs = now;
      stack.input(this.#rx);
      device.transmit(stack.replies);
      device.release(stack.spent);
    }
    if (stack.reassembly.dueNs <= now) stack.reassembly.run(now);
    if (stack.neighbours.dueNs <= now) stack.neighbours.run(now);
    if (stack.igmp.dueNs <= now) stack.igmp.run(now);
    if (stack.output.pathMtus.dueNs <= now) stack.output.pathMtus.run(now);
    device.flush();
    return count;
  }
}
