import { expect, test } from '@jest/globals';
import type { Attachment } from '../../src/device/attachment.js';
import { HISTOGRAM_LENGTH, record, summarize } from '../../src/memory/histogram.js';
import { Delays } from '../../src/worker/delays.js';
import { DriverTimes } from '../../src/worker/driver-times.js';
import type { OutOfBandSide } from '../../src/worker/out-of-band-side.js';

/** What program and thread are told, in that order. */
function times(setStamp?: (mark: number) => Promise<void>) {
  const told: [what: 'program' | 'thread', mark: number][] = [];
  const attachment = {
    setStamp: async (mark: number) => {
      await setStamp?.(mark);
      told.push(['program', mark]);
    },
  } as unknown as Attachment;
  const thread = {
    command: async ({ mark }: { mark: number }) => void told.push(['thread', mark]),
  } as unknown as OutOfBandSide;
  return { told, made: new DriverTimes(attachment, thread) };
}

test('frames are stamped while somebody wants it, each time with another mark', async () => {
  const { told, made } = times();
  await Promise.all([made.want('a'), made.want('b')]);
  await made.release('a');
  await made.release('a');
  expect(made.isOn).toBe(true);
  await made.release('b');
  await made.want('a');
  expect(told.map(([what]) => what)).toEqual(['program', 'thread', 'program', 'thread', 'program', 'thread']);
  const [first, , off, , again] = told.map(([, mark]) => mark);
  expect([off, first! > 0, again]).toEqual([0, true, (first! % 0x7fff_ffff) + 1]);
});

test('what the kernel refuses is told to who wants it, and does not stand in the way of the next', async () => {
  let refusals = 1;
  const { told, made } = times(async () => {
    if (refusals-- > 0) throw new Error('refused');
  });
  await expect(made.want('a')).rejects.toThrow('refused');
  expect([made.isOn, told]).toEqual([false, []]);
  await made.want('b');
  expect(made.isOn).toBe(true);
});

test('a driver that cannot is no error', async () => {
  const made = new DriverTimes({} as Attachment, {} as OutOfBandSide);
  await made.want('a');
  expect([made.isSupported, made.isOn]).toEqual([false, false]);
});

test('hold() ends with its time, or with who wanted it', async () => {
  const { made } = times();
  await made.hold(0, new Promise(() => {}));
  expect(made.isOn).toBe(false);
  await made.hold(60_000, Promise.resolve());
  expect(made.isOn).toBe(false);
});

test('Delays carries what is new, and nothing that was taken back', () => {
  const own = new Float64Array(HISTOGRAM_LENGTH);
  const all = new Float64Array(HISTOGRAM_LENGTH);
  const delays = new Delays(own);
  record(own, 1000, 2);
  delays.carryTo(all);
  delays.carryTo(all);
  expect(summarize(all)?.count).toBe(2);
  own.fill(0);
  delays.carryTo(all);
  record(own, 1000, 3);
  delays.carryTo(all);
  expect(summarize(all)?.count).toBe(5);
});
