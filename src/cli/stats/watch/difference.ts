import type { Page } from '../../../configuration/counters.js';
import { DROP_COUNT } from '../../../drop.js';
import { HOOK_COUNT } from '../../../filter/verdict.js';
import { DeviceCounter, type SlotCounts } from '../../../memory/counters.js';
import { between, histogramsOf } from '../stages.js';

/**
 * What came between two looks at the page of one worker; without the first, all that is in it. Of a counter that went back, and so was reset, what
 * it shows now is all new. A slot that was not looked at before has counted nothing that is known of.
 */
export function since(before: Page | undefined, now: Page): Page {
  const slots = [...now.slots].map(([slot, { counts }]): [number, SlotCounts] => {
    const then = before === undefined ? undefined : (before.slots.get(slot)?.counts ?? counts);
    return [slot, slotOf(grown(then, counts))];
  });
  const [serviceTime, ...stages] = (
    before === undefined ? histogramsOf(now) : between(histogramsOf(before), histogramsOf(now))
  ).values();
  return { device: hookOf(before, now), serviceTime: serviceTime!, stages, slots: new Map(slots) };
}

/** Both together. */
export function sum(a: Page, b: Page): Page {
  const slots = new Map(a.slots);
  for (const [slot, { counts }] of b.slots) slots.set(slot, slotOf(added(slots.get(slot)?.counts, counts)));
  return {
    device: added(a.device, b.device),
    serviceTime: added(a.serviceTime, b.serviceTime),
    stages: b.stages.map((stage, i) => added(a.stages[i], stage)),
    slots,
  };
}

const slotOf = (counts: Float64Array): SlotCounts => ({ drops: counts.subarray(0, DROP_COUNT), counts });

const grown = (before: Float64Array | undefined, now: Float64Array): Float64Array =>
  now.map((count, i) => (count < (before?.[i] ?? 0) ? count : count - (before?.[i] ?? 0)));

const added = (a: Float64Array | undefined, b: Float64Array): Float64Array =>
  b.map((count, i) => count + (a?.[i] ?? 0));

/** Of the device only what the hook counts: the rest are no counters. */
function hookOf(before: Page | undefined, now: Page): Float64Array {
  const [from, to] = [DeviceCounter.Hook, DeviceCounter.Hook + HOOK_COUNT];
  const device = new Float64Array(now.device.length);
  device.set(grown(before?.device.subarray(from, to), now.device.subarray(from, to)), from);
  return device;
}
