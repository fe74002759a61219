import { expect, test } from '@jest/globals';
import { LoopbackDevice } from '../../src/device/loopback.js';
import { Batch } from '../../src/memory/batch.js';
import { conformance } from './conformance.js';
import { frames, send } from './wire.js';

conformance('LoopbackDevice', {
  newWire() {
    const [device, peer] = LoopbackDevice.pair();
    return { device, peer, close() {} };
  },
  shortest: 14,
});

test('a frame leaves at flush() and not before', async () => {
  const [device, peer] = LoopbackDevice.pair();
  const batch = new Batch(1);
  device.reserve(batch, 1);
  batch.length[0] = 60;
  device.transmit(batch);
  expect(peer.receive(batch)).toBe(0);
  device.flush();
  expect(peer.receive(batch)).toBe(1);
});

test('both ends have a memory of their own', async () => {
  const [device, peer] = LoopbackDevice.pair();
  await send(device, frames(1));
  const batch = new Batch(1);
  peer.receive(batch);
  device.arena.octets.fill(0);
  const at = batch.at[0]!;
  expect(peer.arena.octets.slice(at, at + 64)).toEqual(frames(1)[0]);
});

test('its ring has room for 256 frames; one more is refused', () => {
  const [device] = LoopbackDevice.pair();
  const batch = new Batch(257);
  device.reserve(batch, 257);
  expect(device.transmit(batch)).toBe(256);
  expect(device.refused).toBe(1);
});
