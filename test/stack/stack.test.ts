import { expect, test } from '@jest/globals';
import { LoopbackDevice } from '../../src/device/loopback.js';
import { BATCH, Batch } from '../../src/memory/batch.js';
import { Counters, PAGE_LENGTH, SLOT_STRIDE, SlotCounter } from '../../src/memory/counters.js';
import { TRACE_LENGTH, TraceRing } from '../../src/memory/trace-ring.js';
import { IcmpResponder } from '../../src/service/icmp-responder.js';
import { Port } from '../../src/stack/port.js';
import { Stack } from '../../src/stack/stack.js';
import { Tracer } from '../../src/stack/tracer.js';
import { buildFrame } from '../build-frame.js';
import { portConfig } from './host.js';

const HEADROOM = 256;

test('a full batch: every frame leaves in one of the two batches, in order, with chunk and queue', () => {
  const device = new LoopbackDevice();
  const { arena } = device;
  const counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
  const tracer = new Tracer(new TraceRing(new ArrayBuffer(TRACE_LENGTH)), new Int32Array(4096), () => 0);
  const stack = new Stack(device, counters, tracer);
  const port = new Port(portConfig({ vid: 42 }));
  port.icmp = new IcmpResponder(counters, tracer);
  stack.setPort(42, port);

  const ping = buildFrame({ tags: [{ vid: 42 }], icmp: {}, padTo: 64 });
  const pong = buildFrame({ tags: [{ vid: 42 }], icmp: { type: 0 } });
  const stray = buildFrame({ tags: [{ vid: 9 }], icmp: {} });
  const rx = new Batch(BATCH);
  for (let i = 0; i < BATCH; i++) {
    const frame = [ping, pong, stray, ping][i % 4]!;
    const at = i * arena.chunkSize + HEADROOM;
    arena.octets.set(frame, at);
    rx.push(at, frame.length, i % 3);
  }
  stack.input(rx);

  const left = (batch: Batch) =>
    Array.from({ length: batch.count }, (_, i) => ({
      frame: (batch.at[i]! - HEADROOM) / arena.chunkSize,
      queue: batch.queue[i]!,
      length: batch.length[i]!,
    }));
  const came = Array.from({ length: BATCH }, (_, frame) => ({ frame, queue: frame % 3 }));
  const isPing = ({ frame }: { frame: number }) => frame % 4 === 0 || frame % 4 === 3;
  expect(left(stack.replies)).toEqual(came.filter(isPing).map((f) => ({ ...f, length: 46 })));
  expect(left(stack.spent).map(({ frame, queue }) => ({ frame, queue }))).toEqual(
    came.filter((f) => !isPing(f)),
  );

  const count = (slot: number, counter: number) => counters.slots[slot * SLOT_STRIDE + counter];
  expect([count(42, SlotCounter.RxPackets), count(0, SlotCounter.RxPackets)]).toEqual([48, 16]);
  expect(count(42, SlotCounter.RxBytes)).toBe(32 * ping.length + 16 * pong.length);
  expect([count(42, SlotCounter.TxPackets), count(42, SlotCounter.TxBytes)]).toEqual([32, 32 * 46]);
});
