import { expect, test } from '@jest/globals';
import type { Attachment } from '../../src/device/attachment.js';
import { HISTOGRAM_LENGTH, record, summarize } from '../../src/memory/histogram.js';
import { Delays } from '../../src/worker/delays.js';
import { DriverTimes } from '../../src/worker/driver-times.js';
import type { OutOfBandSide } from '../../src/worker/out-of-band-side.js';

/** What program and thread are told, in that order. */
function times(setStamp?: (mark: number, hardware: boolean) => Promise<void>) {
  const told: [what: 'program' | 'thread' | 'program with NIC', mark: number][] = [];
  const attachment = {
    setStamp: async (mark: number, hardware: boolean) => {
      await setStamp?.(mark, hardware);
      told.push([hardware ? 'program with NIC' : 'program', mark]);
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

test('the NIC is asked while somebody wants its time, and the mark stays: no time of a frame under way is lost', async () => {
  const { told, made } = times();
  await made.want('a');
  await made.want('b', true);
  await made.want('c', true);
  await made.want('c');
  await made.release('b');
  await made.release('a');
  await made.release('c');
  const [[, mark]] = told as [[string, number]];
  expect(told).toEqual([
    ['program', mark],
    ['thread', mark],
    ['program with NIC', mark],
    ['program', mark],
    ['program', 0],
    ['thread', 0],
  ]);
});

test('who is refused the time of the NIC keeps the others, and refuses nobody else', async () => {
  const { told, made } = times(async (_mark, hardware) => {
    if (hardware) throw new Error('refused');
  });
  await made.want('a');
  await Promise.all([
    expect(made.want('a', true)).rejects.toThrow('refused'),
    expect(made.want('b', true)).rejects.toThrow('refused'),
    made.want('c'),
  ]);
  await made.release('c');
  expect(made.isOn).toBe(true);
  await made.release('a');
  expect([made.isOn, told.map(([what]) => what)]).toEqual([
    false,
    ['program', 'thread', 'program', 'thread'],
  ]);
});

test('libpcap has no time of the NIC', async () => {
  const made = new DriverTimes({} as Attachment, {} as OutOfBandSide);
  await expect(made.want('a', true)).rejects.toMatchObject({ code: 'EVL_NO_HARDWARE_TIMES', exit: 3 });
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
