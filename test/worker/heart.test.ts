import { expect, test } from '@jest/globals';
import type { ThreadActivity } from '../../src/linux/thread-activity.js';
import { Heart } from '../../src/worker/heart.js';

const TICK_MS = 100;

/** After how many looks at one heartbeat it is said to hang; `ranMs` is what the thread had of each. */
function looks(activity: { isReady: boolean; ranMs: number } | undefined, most = 100): number {
  let ranNs = 7e9;
  const heart = new Heart((): ThreadActivity | undefined => {
    if (activity === undefined) return undefined;
    ranNs += activity.ranMs * 1e6;
    return { isReady: activity.isReady, ranNs };
  });
  expect(heart.hangs(1, TICK_MS)).toBe(false);
  for (let count = 1; count <= most; count++) if (heart.hangs(1, TICK_MS)) return count;
  return Number.POSITIVE_INFINITY;
}

test.each<[string, number, Parameters<typeof looks>[0]]>([
  ['in a loop, alone on the machine', 11, { isReady: true, ranMs: 100 }],
  ['in a loop, with a quarter of a processor', 39, { isReady: true, ranMs: 25 }],
  ['that sleeps for good', 10, { isReady: false, ranMs: 0 }],
  ['of which nothing is known', 10, undefined],
  ['that gets no processor', Number.POSITIVE_INFINITY, { isReady: true, ranMs: 0 }],
])('a thread %s: looks until it hangs', (_what, wanted, activity) => {
  expect(looks(activity)).toBe(wanted);
});

test('a heartbeat, or a rest, begins anew', () => {
  const heart = new Heart(() => undefined);
  const still = (count: number) => {
    for (let i = 0; i < count; i++) expect(heart.hangs(1, TICK_MS)).toBe(false);
  };
  still(9);
  heart.rest();
  still(9);
  expect(heart.hangs(2, TICK_MS)).toBe(false);
  expect(heart.hangs(1, TICK_MS)).toBe(false);
  still(9);
  expect(heart.hangs(1, TICK_MS)).toBe(true);
});
