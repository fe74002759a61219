import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { write } from '../../src/linux/libc.js';
import { map } from '../../src/linux/memory.js';
import { Batch } from '../../src/memory/batch.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from '../linux/namespace.js';
import { addVeth, ENDS, judged, type VethWire, vethWire } from './veth.js';
import { collect, frame, frames, hex, hold, octetsOf, send, take, Wire } from './wire.js';

describeIf(['root', 'bpf', 'network namespaces'])('XdpDevice with two queues', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  let ends: VethWire;
  let wire: Wire;
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(2);
  });
  afterAll(() => namespace?.leave());
  beforeEach(async () => {
    ends = await vethWire({ queues: 2, pool: 128 });
    wire = new Wire(ends);
  });
  afterEach(() => wire.close());

  test('a frame tells the queue that it came by, and a reply leaves by it', async () => {
    const { device, peer } = wire;
    await send(peer, frames(3), 0);
    await send(peer, frames(5), 1);
    const came: number[] = [];
    await take(device, 8, (batch) => {
      came.push(...batch.queue.subarray(0, batch.count));
      device.transmit(batch);
    });
    expect(came.sort()).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
    const back: number[] = [];
    await take(peer, 8, (batch) => {
      back.push(...batch.queue.subarray(0, batch.count));
      peer.release(batch);
    });
    expect(back.sort()).toEqual(came.sort());
  });

  test('a busy queue does not keep the other one waiting', async () => {
    const { device, peer } = wire;
    for (const queue of [0, 1]) await judged(ends.attachment, peer, frames(40), queue);
    const batch = new Batch(16);
    const first = new Set<number>();
    for (let turn = 0; turn < 2; turn++) {
      expect(device.receive(batch)).toBe(16);
      for (const queue of batch.queue) first.add(queue);
      device.release(batch);
    }
    expect(first).toEqual(new Set([0, 1]));
    await collect(device, 80 - 32);
  });

  test('a batch may go to the queues in turns', async () => {
    const { device, peer } = wire;
    const batch = new Batch(12);
    peer.reserve(batch, 12);
    for (let i = 0; i < 12; i++) {
      peer.arena.octets.set(frame(64, i), batch.at[i]!);
      batch.length[i] = 64;
      batch.queue[i] = Math.floor(i / 3) % 2;
    }
    expect(peer.transmit(batch)).toBe(12);
    peer.flush();
    const came: string[][] = [[], []];
    await take(device, 12, (some) => {
      for (let i = 0; i < some.count; i++) came[some.queue[i]!]!.push(octetsOf(device, some, i));
      device.release(some);
    });
    const numbered = (...numbers: number[]) => numbers.map((n) => hex(frame(64, n)));
    expect(came).toEqual([numbered(0, 1, 2, 6, 7, 8), numbered(3, 4, 5, 9, 10, 11)]);
  });

  test('one batch holds frames of every queue', async () => {
    const { device, peer } = wire;
    await judged(ends.attachment, peer, frames(3), 0);
    await judged(ends.attachment, peer, frames(5), 1);
    const batch = new Batch(64);
    expect(device.receive(batch)).toBe(8);
    device.release(batch);
  });

  test('every queue keeps its chunks: each is run through ten times as many frames', async () => {
    const { device, peer } = wire;
    for (const queue of [1, 0, 1])
      for (let i = 0; i < 10 * 64; i += 32) {
        await send(peer, frames(32), queue);
        await take(device, 32, (batch) => device.transmit(batch));
        expect(await collect(peer, 32)).toEqual(frames(32).map(hex));
      }
    expect(ends.attachment.statistics()).toEqual({
      rxDropped: 0,
      rxInvalid: 0,
      txInvalid: 0,
      rxRingFull: 0,
      fillRingEmpty: 0,
    });
  });

  test('more frames than the ring of one queue holds: the rest is refused, counted and ended', async () => {
    const { device, peer } = wire;
    for (const queue of [0, 1]) await send(peer, frames(50), queue);
    const all = await hold(device, 100, 0);
    // The peer's queue has 56 chunks to receive into.
    const first = Array.from({ length: 56 }, (_, i) => octetsOf(device, all, i));
    expect(device.transmit(all)).toBe(64);
    expect([device.refused, device.lent]).toEqual([36, 0]);
    device.flush();
    expect(await collect(peer, 56)).toEqual(first);
    // Its fill ring is full again, the other has what it had left, the free list the rest: no chunk is missing.
    device.flush();
    const rest = new Batch(128);
    expect(device.reserve(rest, 128)).toBe(128 - 64 - 6);
    device.release(rest);
  });
});

describeIf(['root', 'bpf', 'network namespaces'])('XdpDevice with one queue', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(1);
  });
  afterAll(() => namespace?.leave());

  test('more frames than the kernel transmits in one call leave all the same', async () => {
    const count = 500;
    const wire = new Wire(await vethWire({ pool: 1024 }));
    try {
      const { device, peer } = wire;
      await send(peer, frames(count));
      const all = await hold(device, count, 0);
      expect(device.transmit(all)).toBe(count);
      // Without XDP_MAX_TX_SKB_BUDGET one flush is 8 calls of 32 frames.
      device.flush();
      device.flush();
      expect(await collect(peer, count)).toEqual(frames(count).map(hex));
    } finally {
      wire.close();
    }
  });
});

// With four queues the device waits by epoll instead of poll.
describeIf(['root', 'bpf', 'network namespaces', { command: 'ethtool' }])('wait()', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(4);
  });
  afterAll(() => namespace?.leave());

  describe.each([4, 2])('on %i of 4 queues', (queues) => {
    let ends: VethWire;
    let wire: Wire;
    beforeEach(async () => {
      // The device has as many queues as it uses.
      for (const ifname of ENDS) run('ethtool', '-L', ifname, 'rx', `${queues}`, 'tx', `${queues}`);
      ends = await vethWire({ queues });
      wire = new Wire(ends);
    });
    afterEach(() => wire?.close());
    const waited = (ms: number) => {
      const start = performance.now();
      wire.device.wait(ms);
      return performance.now() - start;
    };

    test('blocks for its time, and ends at once when the other side wakes it, once', () => {
      expect(waited(30)).toBeGreaterThan(25);
      const one = map(4096);
      one.view.setBigUint64(0, 1n, true);
      expect(write(ends.attachment.place.wakeFd, one.address, 8)).toBe(8);
      expect(waited(20_000)).toBeLessThan(10_000);
      expect(waited(30)).toBeGreaterThan(25);
      expect(Math.min(...Array.from({ length: 10 }, () => waited(0)))).toBeLessThan(25);
    });

    test('ends for a frame on any queue, and blocks again when it was received', async () => {
      const { device, peer } = wire;
      for (let queue = 0; queue < queues; queue++) {
        await send(peer, frames(1), queue);
        expect(waited(20_000)).toBeLessThan(10_000);
        await collect(device, 1);
        expect(waited(30)).toBeGreaterThan(25);
      }
    });
  });
});
