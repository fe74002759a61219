// Two ends of one wire and what tests do with them: put frames on one, take them off the other, all within bounded time.
import type { Device } from '../../src/device/device.js';
import { Batch } from '../../src/memory/batch.js';
import { AuditedDevice } from './audited.js';

export interface WireEnds {
  readonly device: Device;
  readonly peer: Device;
  close(): void;
}

const PATIENCE_MS = 20_000;
const BURST = 32;

export class Wire {
  readonly device: AuditedDevice;
  readonly peer: AuditedDevice;
  readonly close: () => void;

  constructor(ends: WireEnds) {
    this.device = new AuditedDevice(ends.device);
    this.peer = new AuditedDevice(ends.peer);
    this.close = () => ends.close();
  }
}

/** Transmits the frames, in order, a burst at a time; waits for chunks where there are none. */
export async function send(from: Device, frames: readonly Uint8Array[], queue = 0): Promise<void> {
  const batch = new Batch(BURST);
  const until = Date.now() + PATIENCE_MS;
  for (let next = 0; next < frames.length; ) {
    const count = from.reserve(batch, Math.min(BURST, frames.length - next));
    for (let i = 0; i < count; i++) {
      const frame = frames[next++]!;
      from.arena.octets.set(frame, batch.at[i]!);
      batch.length[i] = frame.length;
      batch.queue[i] = queue;
    }
    if (from.transmit(batch) !== count) throw new Error('transmit: no room in the ring');
    from.flush();
    if (count === 0) await pause(from, until, `no chunk for frame ${next}`);
  }
}

/** Receives `count` frames and hands each, still lent, to `end`: which transmits or releases the batch. Fewer within the time is an error. */
export async function take(
  from: Device,
  count: number,
  end: (batch: Batch) => void,
  capacity = 64,
): Promise<void> {
  const batch = new Batch(capacity);
  const until = Date.now() + PATIENCE_MS;
  for (let taken = 0; taken < count; ) {
    const received = from.receive(batch);
    taken += received;
    if (received > 0) {
      end(batch);
      from.flush();
    } else await pause(from, until, `${taken} of ${count} frames received`);
  }
}

/** Receives `count` frames and releases them; in hexadecimal, as many of them are compared. */
export async function collect(from: Device, count: number, capacity?: number): Promise<string[]> {
  const frames: string[] = [];
  const copy = (batch: Batch) => {
    for (let i = 0; i < batch.count; i++) frames.push(octetsOf(from, batch, i));
    from.release(batch);
  };
  await take(from, count, copy, capacity);
  return frames;
}

/** Receives `count` frames and keeps them lent, as if they had come by `queue`. */
export async function hold(from: Device, count: number, queue: number): Promise<Batch> {
  const held = new Batch(count);
  await take(from, count, (batch) => {
    for (let i = 0; i < batch.count; i++) held.push(batch.at[i]!, batch.length[i]!, queue);
  });
  return held;
}

/** What is still on its way, thrown away: until nothing has come for two waits. */
export async function drain(from: Device): Promise<number> {
  const batch = new Batch(64);
  let count = 0;
  for (let quiet = 0; quiet < 2; ) {
    const received = from.receive(batch);
    count += received;
    from.release(batch);
    from.flush();
    if (received > 0) quiet = 0;
    else {
      quiet++;
      await from.wait(5);
    }
  }
  return count;
}

async function pause(device: Device, until: number, what: string): Promise<void> {
  if (Date.now() > until) throw new Error(`gave up after ${PATIENCE_MS} ms: ${what}`);
  await device.wait(10);
}

/** The octets of a frame of the batch, in hexadecimal. */
export const octetsOf = ({ arena }: Device, batch: Batch, i: number): string =>
  hex(arena.octets.subarray(batch.at[i]!, batch.at[i]! + batch.length[i]!));

export const hex = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex');

const HEAD = Uint8Array.of(
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0x02,
  0xfc,
  0,
  0,
  0,
  2,
  0x81,
  0,
  0,
  42,
  0x08,
  0,
);

/** A broadcast frame of VLAN 42 that says it is IPv4, numbered; what follows is a pattern. Cut to `length`, which may be short of the tag. */
export function frame(length: number, number = 0): Uint8Array {
  const octets = new Uint8Array(Math.max(length, 20));
  for (let i = 20; i < length; i++) octets[i] = i * 7 + number;
  octets.set(HEAD);
  octets.set([number >> 8, number], 18);
  return octets.subarray(0, length);
}

export const frames = (count: number, length = 64): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => frame(length, i));
