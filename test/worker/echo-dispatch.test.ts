import { expect, test } from '@jest/globals';
import { ECHO_PAGE_LENGTH, EchoPage, EchoTotal } from '../../src/memory/echo-page.js';
import { EchoDispatch, type EchoWanted } from '../../src/worker/echo-dispatch.js';
import type { OutOfBandSide } from '../../src/worker/out-of-band-side.js';

const WANTED: EchoWanted = {
  port: 'eth0.42',
  destination: 0x0a0a0a0a,
  size: 56,
  count: 1,
  intervalNs: 1e9,
  isFlood: false,
  sequence: 1,
};

test('who comes after another is not told what that one counted, though a third is told of meanwhile', async () => {
  const echoes = new EchoPage(new ArrayBuffer(ECHO_PAGE_LENGTH));
  let answer = async () => {};
  const outOfBand = { echoes, command: () => answer() } as unknown as OutOfBandSide;
  const dispatch = new EchoDispatch(outOfBand);
  const third = await dispatch.start(WANTED, 42, () => {});
  const first = await dispatch.start(WANTED, 42, () => {});
  echoes.add(1, EchoTotal.Sent, 2);
  echoes.time(1, 5000);
  await first.end();
  const told: number[][] = [];
  answer = async () => dispatch.drain();
  const next = await dispatch.start(WANTED, 42, (totals) => told.push([...totals]));
  expect(told.length).toBeGreaterThan(0);
  expect(told.flat().filter((count) => count !== 0)).toEqual([]);
  await next.end();
  await third.end();
});
