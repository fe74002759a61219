import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Device } from '../../src/device/device.js';
import { Batch } from '../../src/memory/batch.js';
import { collect, drain, frame, frames, hex, octetsOf, send, take, Wire, type WireEnds } from './wire.js';

export interface Implementation {
  /** A new wire, nothing on it. */
  newWire(): WireEnds | Promise<WireEnds>;
  /** Shortest frame that it carries. */
  readonly shortest: number;
}

/** What every device must do. */
export function conformance(name: string, { newWire, shortest }: Implementation): void {
  describe(`${name} conforms:`, () => {
    let wire: Wire;
    let device: Device;
    let peer: Device;
    let chunks: number;
    beforeEach(async () => {
      wire = new Wire(await newWire());
      ({ device, peer } = wire);
      chunks = reservable(device);
    });
    afterEach(() => {
      expect([wire.device.lent, wire.peer.lent]).toEqual([0, 0]);
      // Whatever a test did, as many chunks are left for frames of one's own as there were.
      expect(reservable(device)).toBe(chunks);
      wire.close();
    });

    test('frames of every size arrive octet for octet, in the order sent', async () => {
      const sent = Array.from({ length: 1515 - shortest }, (_, i) => frame(shortest + i, i));
      for (let i = 0; i < sent.length; i += 50) {
        const some = sent.slice(i, i + 50);
        await send(peer, some);
        expect(await collect(device, some.length)).toEqual(some.map(hex));
      }
    });

    test('marked frames are told of when they are gone, those that were released are not', async () => {
      const told: string[] = [];
      device.marks.sink = {
        sent: (owner, id, applicationNs, queueNs, driverNs) => {
          const isOrdered = applicationNs <= queueNs && queueNs <= driverNs;
          told.push(`${owner} ${id} ${isOrdered}`);
        },
      };
      const batch = new Batch(3);
      device.reserve(batch, 3);
      for (let i = 0; i < 3; i++) {
        device.arena.octets.set(frame(64, i), batch.at[i]!);
        batch.length[i] = 64;
        if (i > 0) device.marks.add(batch.at[i]!, 'socket', i, 0);
      }
      const released = new Batch(1);
      released.push(batch.at[2]!, 64, 0);
      batch.count = 2;
      device.release(released);
      expect(device.transmit(batch)).toBe(2);
      device.flush();
      await collect(peer, 2);
      for (let n = 0; n < 100 && device.marks.count > 0; n++) {
        device.flush();
        await device.wait(1);
      }
      expect([told, device.marks.count]).toEqual([['socket 1 true'], 0]);
    });

    test('the largest frame with a tag arrives', async () => {
      await send(peer, [frame(1518)]);
      expect(await collect(device, 1)).toEqual([hex(frame(1518))]);
      expect(device.capabilities.maxFrame).toBeGreaterThanOrEqual(1518);
    });

    test('receive() fills a batch up to its capacity and leaves the rest for the next', async () => {
      await send(peer, frames(10));
      const counts: number[] = [];
      const got: string[] = [];
      await take(
        device,
        10,
        (batch) => {
          counts.push(batch.count);
          for (let i = 0; i < batch.count; i++) got.push(octetsOf(device, batch, i));
          device.release(batch);
        },
        4,
      );
      expect(Math.max(...counts)).toBeLessThanOrEqual(4);
      expect(got).toEqual(frames(10).map(hex));
    });

    test('receive() without a frame empties the batch', () => {
      const batch = new Batch(4);
      batch.count = 3;
      expect(device.receive(batch)).toBe(0);
      expect(batch.count).toBe(0);
    });

    test('reserve() pushes behind what the batch holds, up to its capacity', () => {
      const batch = new Batch(5);
      expect(device.reserve(batch, 2)).toBe(2);
      const first = batch.at[0]!;
      expect(device.reserve(batch, 10)).toBe(3);
      expect([batch.count, batch.at[0]]).toEqual([5, first]);
      expect([...batch.length]).toEqual(new Array(5).fill(device.capabilities.maxFrame));
      expect(device.reserve(batch, 1)).toBe(0);
      device.release(batch);
      expect(batch.count).toBe(0);
    });

    test('what is reserved and released again and again is there each time', () => {
      const batch = new Batch(chunks);
      for (let i = 0; i < 10; i++) {
        expect(device.reserve(batch, chunks)).toBe(chunks);
        expect(device.reserve(new Batch(1), 1)).toBe(0);
        device.release(batch);
        device.flush();
      }
    });

    test('transmit() takes the batch; its frames are out after flush()', async () => {
      const batch = new Batch(3);
      peer.reserve(batch, 3);
      for (let i = 0; i < 3; i++) {
        peer.arena.octets.set(frame(64, i), batch.at[i]!);
        batch.length[i] = 64;
      }
      expect(peer.transmit(batch)).toBe(3);
      expect(batch.count).toBe(0);
      peer.flush();
      expect(await collect(device, 3)).toEqual(frames(3).map(hex));
    });

    test('empty batches are as nothing', async () => {
      const batch = new Batch(4);
      expect(device.transmit(batch)).toBe(0);
      device.release(batch);
      device.flush();
      device.flush();
      expect(await drain(peer)).toBe(0);
    });

    test('ten times the pool is received and released: no chunk is lost', async () => {
      for (let i = 0; i < 10 * device.arena.chunks; i += 64) {
        await send(peer, frames(64));
        expect(await collect(device, 64)).toHaveLength(64);
      }
    });

    test('what is released is received into again, also by a user who never flushes', async () => {
      const batch = new Batch(64);
      for (let i = 0; i < 3 * device.arena.chunks; i += 64) {
        await send(peer, frames(64));
        for (let received = 0, turns = 0; received < 64; turns++) {
          received += device.receive(batch);
          device.release(batch);
          await device.wait(10);
          expect(turns).toBeLessThan(200);
        }
      }
    });

    test('ten times the pool is answered in place: no chunk is lost', async () => {
      const reply = (batch: Batch) => {
        for (let i = 0; i < batch.count; i++) device.arena.octets[batch.at[i]! + 30] = 0xee;
        expect(device.transmit(batch)).toBeGreaterThan(0);
      };
      const answered = frames(64).map((f) => hex(f.fill(0xee, 30, 31)));
      for (let i = 0; i < 10 * device.arena.chunks; i += 64) {
        await send(peer, frames(64));
        await take(device, 64, reply);
        expect(await collect(peer, 64)).toEqual(answered);
      }
    });

    test('a reply may begin further on in its chunk and be shorter', async () => {
      await send(peer, frames(5, 200));
      await take(device, 5, (batch) => {
        for (let i = 0; i < batch.count; i++) {
          const at = batch.at[i]!;
          device.arena.octets.copyWithin(at + 8, at, at + 18);
          batch.at[i] = at + 8;
          batch.length[i] = 92;
        }
        device.transmit(batch);
      });
      const want = frames(5, 200).map((f) => hex(f.subarray(0, 18)) + hex(f.subarray(26, 100)));
      expect(await collect(peer, 5)).toEqual(want);
    });

    test('transmitted and released frames of one batch of receive() do not mix', async () => {
      const odd = new Batch(64);
      const even = new Batch(64);
      for (let turn = 0; turn < 20; turn++) {
        await send(peer, frames(40));
        await take(device, 40, (batch) => {
          for (let i = 0; i < batch.count; i++) {
            const isOdd = device.arena.octets[batch.at[i]! + 19]! % 2 === 1;
            (isOdd ? odd : even).push(batch.at[i]!, batch.length[i]!, batch.queue[i]!);
          }
          device.transmit(odd);
          device.release(even);
        });
        const odds = frames(40).filter((_, i) => i % 2 === 1);
        expect(await collect(peer, 20)).toEqual(odds.map(hex));
      }
    });

    test('what finds no room in the ring is refused, counted and ended; the rest arrives', async () => {
      const all = new Batch(device.arena.chunks);
      const count = device.reserve(all, all.capacity);
      for (let i = 0; i < count; i++) {
        device.arena.octets.set(frame(64, i), all.at[i]!);
        all.length[i] = 64;
      }
      const sent = device.transmit(all);
      expect(sent).toBeGreaterThan(0);
      expect(device.refused).toBe(count - sent);
      device.flush();
      expect(await collect(peer, sent)).toEqual(frames(sent).map(hex));
    });

    test('a receiver that does not keep up loses frames, not chunks', async () => {
      await send(peer, frames(3 * device.arena.chunks));
      const kept = await drain(device);
      expect(kept).toBeGreaterThan(0);
      expect(kept).toBeLessThan(3 * device.arena.chunks);
      await send(peer, frames(64));
      expect(await collect(device, 64)).toEqual(frames(64).map(hex));
    });

    test('wait() returns at once when a frame is there', async () => {
      await send(peer, [frame(64)]);
      const start = performance.now();
      await device.wait(20_000);
      expect(performance.now() - start).toBeLessThan(10_000);
      expect(await collect(device, 1)).toHaveLength(1);
    });

    test('wait() returns when its time is over', async () => {
      const start = performance.now();
      await device.wait(20);
      expect(performance.now() - start).toBeLessThan(10_000);
      expect(device.receive(new Batch(1))).toBe(0);
    });
  });
}

/** How many chunks there are for frames of one's own. */
function reservable(device: Device): number {
  const batch = new Batch(device.arena.chunks);
  const count = device.reserve(batch, batch.capacity);
  device.release(batch);
  return count;
}
