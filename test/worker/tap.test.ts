import { expect, test } from '@jest/globals';
import type { Attachment } from '../../src/device/attachment.js';
import { Tap } from '../../src/worker/tap.js';

function tapped() {
  const set: boolean[] = [];
  const attachment = { driver: 'xdp', tapMap: () => 7, setTap: async (isOn: boolean) => void set.push(isOn) };
  return { set, tap: new Tap(attachment as unknown as Attachment, 'eth0') };
}

test('one at a time; the program tells from begin to end', async () => {
  const { set, tap } = tapped();
  expect(tap.take()).toBe(7);
  expect(() => tap.take()).toThrow(/^Cannot dump frames of "eth0": somebody else does \(EBUSY\)$/);
  expect(set).toEqual([]);
  await tap.begin();
  await tap.end();
  expect(set).toEqual([true, false]);
  expect(tap.take()).toBe(7);
});

test('who has gone before it began does not begin', async () => {
  const { set, tap } = tapped();
  tap.take();
  await tap.end();
  await tap.begin();
  expect(set).toEqual([false]);
});

test('a driver that tells of no frames is refused, with what does there', () => {
  const tap = new Tap({ driver: 'pcap' } as Attachment, 'eth0');
  expect(() => tap.take()).toThrow(
    expect.objectContaining({
      code: 'EVL_NO_TAP',
      exit: 3,
      hint: 'nothing is kept from "tcpdump -i eth0" there',
    }),
  );
});
