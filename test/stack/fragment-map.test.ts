import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FragmentMap, Insertion } from '../../src/stack/fragment-map.js';

const { Inserted, Duplicate, Overlap } = Insertion;

/** Runs of octets as inet_frag_queue_insert() keeps them: only what follows the very last octet continues one. */
class NaiveRuns {
  readonly runs: { from: number; to: number }[] = [];

  insert(from: number, to: number): Insertion {
    const met = this.runs.filter((run) => from < run.to && run.from < to);
    if (met.length > 0)
      return met.length === 1 && met[0]!.from <= from && to <= met[0]!.to ? Duplicate : Overlap;
    const last = this.runs.reduce((a, b) => (b.to > a.to ? b : a), { from: 0, to: 0 });
    if (from === last.to && this.runs.length > 0) last.to = to;
    else this.runs.push({ from, to });
    return Inserted;
  }
}

test.each<[name: string, insertions: [offset: number, end: number, is: Insertion][]]>([
  [
    'in order, then each again, then the whole',
    [
      [0, 8, Inserted],
      [8, 256, Inserted],
      [256, 1000, Inserted],
      [0, 8, Duplicate],
      [8, 1000, Duplicate],
      [0, 1000, Duplicate],
      [0, 1008, Overlap],
    ],
  ],
  [
    'the middle last: the whole then spans three runs',
    [
      [0, 64, Inserted],
      [128, 192, Inserted],
      [64, 128, Inserted],
      [64, 128, Duplicate],
      [8, 56, Duplicate],
      [0, 128, Overlap],
      [0, 192, Overlap],
    ],
  ],
  [
    'the last octets there can be',
    [
      [65512, 65515, Inserted],
      [65504, 65512, Inserted],
      [65504, 65512, Duplicate],
      [65504, 65515, Overlap],
      [0, 65504, Inserted],
      [0, 65504, Duplicate],
    ],
  ],
])('%s', (_name, insertions) => {
  const map = new FragmentMap();
  for (let turn = 0; turn < 2; turn++, map.clear())
    expect(insertions.map(([offset, end]) => map.insert(offset, end))).toEqual(
      insertions.map(([, , is]) => is),
    );
});

test('insert() decides as a list of runs does', () => {
  const map = new FragmentMap();
  const range = fc
    .tuple(fc.nat(90), fc.integer({ min: 1, max: 40 }))
    .map(([at, n]) => [at * 8, (at + n) * 8]);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), fc.nat(8100), (ranges, shift) => {
      map.clear();
      const naive = new NaiveRuns();
      const by = Math.min(shift, 8060) * 8;
      for (const [from, to] of ranges) {
        const [a, b] = [from! + by, Math.min(to! + by, 65512)];
        if (a < b) expect(map.insert(a, b)).toBe(naive.insert(a, b));
      }
    }),
    { numRuns: 2000, seed: 42 },
  );
});
