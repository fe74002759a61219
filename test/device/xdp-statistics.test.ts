// What the kernel drops at a socket, and whether XDP_STATISTICS tells it under the name that `evlnet stats` prints.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { XdpDevice } from '../../src/device/xdp.js';
import { attachXdp, type XdpAttachment } from '../../src/device/xdp-attachment.js';
import { send as sendSystemCall } from '../../src/linux/libc.js';
import { link } from '../../src/linux/link.js';
import { viewRing, type XskStatistics } from '../../src/linux/xsk.js';
import { describeIf } from '../capability.js';
import { enterNamespace, run } from '../linux/namespace.js';
import { addVeth, attachTo, divert, ENDS, judged } from './veth.js';
import { collect, drain, frame, frames, hex } from './wire.js';

const CHUNK = 2048;
const MSG_DONTWAIT = 0x40;
const none: XskStatistics = { rxDropped: 0, rxInvalid: 0, txInvalid: 0, rxRingFull: 0, fillRingEmpty: 0 };

describeIf(['root', 'bpf', 'network namespaces'])('statistics() counts', () => {
  let namespace: ReturnType<typeof enterNamespace>;
  let attachment: XdpAttachment;
  let other: XdpAttachment;
  let peer: XdpDevice;
  beforeAll(() => {
    namespace = enterNamespace();
    addVeth(1);
    for (const ifname of ENDS) run('ip', 'link', 'set', 'dev', ifname, 'mtu', '3000');
  });
  afterAll(() => namespace?.leave());
  beforeEach(async () => {
    attachment = await attachTo(ENDS[0], { pool: 64 });
    divert(attachment);
    const { ifindex } = link(ENDS[1])!;
    other = await attachXdp({
      ifname: ENDS[1],
      ifindex,
      mtu: 3000,
      queues: 1,
      mode: 'native',
      pool: 512,
      chunkSize: 4096,
    });
    peer = new XdpDevice(other.place);
  });
  afterEach(() => {
    other?.close();
    attachment?.close();
  });

  /** Gives the kernel these places to receive into, behind the device's back. */
  function fill(places: readonly number[]): void {
    const ring = viewRing(attachment.place.sockets[0]!.fill);
    let next = Atomics.load(ring.producer, 0);
    for (const place of places) {
      ring.entries[(next & ring.mask) << 1] = place;
      ring.entries[((next & ring.mask) << 1) + 1] = 0;
      next = (next + 1) | 0;
    }
    Atomics.store(ring.producer, 0, next);
  }
  const places = (count: number) => Array.from({ length: count }, (_, i) => (i % 64) * CHUNK);

  test('nothing while nothing is lost', async () => {
    const device = new XdpDevice(attachment.place);
    await judged(attachment, peer, frames(20));
    expect(await drain(device)).toBe(20);
    expect(attachment.statistics()).toEqual(none);
  });

  test('frames for which the fill ring was empty', async () => {
    const device = new XdpDevice(attachment.place);
    const chunks = 64 - 64 / 8;
    await judged(attachment, peer, frames(chunks + 10));
    expect(attachment.statistics()).toEqual({ ...none, fillRingEmpty: 10 });
    expect(await drain(device)).toBe(chunks);
    await judged(attachment, peer, frames(10));
    expect(await drain(device)).toBe(10);
    expect(attachment.statistics().fillRingEmpty).toBe(10);
  });

  test('frames for which the receive ring was full', async () => {
    fill(places(64));
    await judged(attachment, peer, frames(64));
    fill(places(64));
    expect(attachment.statistics()).toEqual(none);
    await judged(attachment, peer, frames(3));
    expect(attachment.statistics()).toEqual({ ...none, rxRingFull: 3 });
  });

  test('frames larger than a buffer', async () => {
    const device = new XdpDevice(attachment.place);
    await judged(attachment, peer, [frame(CHUNK - 256), frame(CHUNK - 255), frame(2500), frame(64)]);
    expect(await drain(device)).toBe(2);
    expect(attachment.statistics()).toEqual({ ...none, rxDropped: 2 });
  });

  test('frames to transmit that are outside the pool; those behind them leave', async () => {
    const { tx, fd } = attachment.place.sockets[0]!;
    const ring = viewRing(tx);
    const transmit = (slot: number, at: number) => {
      ring.entries.set([at, 0, 64, 0], slot * 4);
      Atomics.store(ring.producer, 0, slot + 1);
      sendSystemCall(fd, 0, 0, MSG_DONTWAIT);
    };
    transmit(0, 64 * CHUNK);
    expect(attachment.statistics()).toEqual({ ...none, txInvalid: 1 });
    divert(other);
    peer.flush();
    new XdpDevice(attachment.place).arena.octets.set(frame(64), CHUNK);
    transmit(1, CHUNK);
    expect(await collect(peer, 1)).toEqual([hex(frame(64))]);
    expect(attachment.statistics().txInvalid).toBe(1);
  });

  test('no frame twice: what was lost is the sum', async () => {
    const device = new XdpDevice(attachment.place);
    const sent = 500;
    for (let i = 0; i < sent; i += 50) await judged(attachment, peer, frames(50));
    const received = await drain(device);
    expect(received).toBeLessThan(sent);
    expect(attachment.statistics()).toEqual({ ...none, fillRingEmpty: sent - received });
  });
});
