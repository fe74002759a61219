import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DROP_COUNT, Drop } from '../../src/drop.js';
import {
  Counters,
  DeviceCounter,
  PAGE_LENGTH,
  readCounters,
  SLOT_STRIDE,
  SLOTS,
  SlotCounter,
} from '../../src/memory/counters.js';
import { record, summarize } from '../../src/memory/histogram.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'evlnet-counters-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);

test('a page is read back as it was counted, slot by slot', () => {
  const page = new ArrayBuffer(PAGE_LENGTH);
  const counters = new Counters(page);
  // A number in every place, each another, so that no two can be mixed up.
  counters.device.set(counters.device.map((_, i) => 1000 + i));
  for (const slot of [0, 42, SLOTS - 1])
    for (let i = 0; i < SLOT_STRIDE; i++) counters.slots[slot * SLOT_STRIDE + i] = slot * 1000 + i + 0.5;
  counters.slots[42 * SLOT_STRIDE + SlotCounter.RxPackets] = 2 ** 53 - 1;
  record(counters.serviceTime, 500, 7);
  writeFileSync(file('page'), new Uint8Array(page));

  const read = readCounters(file('page'), [0, 42, 43, SLOTS - 1])!;
  expect([...read.slots.keys()]).toEqual([0, 42, 43, SLOTS - 1]);
  expect(read.device).toEqual(counters.device);
  expect(read.device[DeviceCounter.Hook]).toBe(1000 + DeviceCounter.Hook);
  expect(summarize(read.serviceTime)).toEqual(summarize(counters.serviceTime));
  expect(read.slots.get(42)!.counts[SlotCounter.RxPackets]).toBe(2 ** 53 - 1);
  expect(read.slots.get(42)!.drops[Drop.OtherHost]).toBe(42_000 + Drop.OtherHost + 0.5);
  expect(read.slots.get(42)!.drops).toHaveLength(DROP_COUNT);
  expect(read.slots.get(43)!.counts.every((count) => count === 0)).toBe(true);
  expect(read.slots.get(SLOTS - 1)!.counts[SLOT_STRIDE - 1]).toBe((SLOTS - 1) * 1000 + SLOT_STRIDE - 0.5);
});

test('drop reasons and the other counters of a slot do not share a place', () => {
  const places = Object.values(SlotCounter);
  expect(new Set(places).size).toBe(places.length);
  expect(Math.min(...places)).toBeGreaterThanOrEqual(DROP_COUNT);
  expect(Math.max(...places)).toBeLessThan(SLOT_STRIDE);
});

test('a page that is read often stays open never', () => {
  writeFileSync(file('page'), new Uint8Array(new Counters(new ArrayBuffer(PAGE_LENGTH)).header.buffer));
  const before = readdirSync('/proc/self/fd').length;
  for (let i = 0; i < 5; i++) readCounters(file('page'), [0]);
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

test('what is no such page is told, not read', () => {
  writeFileSync(file('zeros'), new Uint8Array(4096));
  writeFileSync(file('empty'), '');
  expect(readCounters(file('zeros'), [0])).toBeUndefined();
  expect(readCounters(file('empty'), [0])).toBeUndefined();
});
