import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { BusyPoll } from '../../src/socket/busy-poll.js';
import { createSocket } from '../../src/socket/create-socket.js';
import { createPacketSocket } from '../../src/socket/packet-socket.js';

const CAPACITY = ringCapacity(1);
const MS = 1_000_000;
/** Of polling that is not to end before the test does. */
const LONG_NS = 60_000 * MS;

/** A program that waits to be woken, as `look()` leaves it. */
function waiting(ns: number, onCome: () => void = () => {}) {
  const page = new SocketPage(new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY)), {
    receive: CAPACITY,
    send: CAPACITY,
    limit: CAPACITY,
  });
  let channel: { page: SocketPage } | undefined = { page };
  const poll = new BusyPoll(ns, () => channel, onCome);
  const put = () => {
    page.received.claim(1);
    page.received.publish();
  };
  const close = () => {
    channel = undefined;
  };
  page.waitToReceive();
  poll.begin({ page });
  return { page, put, close };
}

const soon = async (isSo: () => boolean) => {
  for (let turns = 0; turns < 1000 && !isSo(); turns++) await pause(1);
  expect(isSo()).toBe(true);
};

describe('BusyPoll', () => {
  test('finds what comes without having been woken', async () => {
    let count = 0;
    const { page, put } = waiting(LONG_NS, () => count++);
    expect(page.isPolled).toBe(true);
    expect(page.takeReceiver()).toBe(false);
    await pause(2);
    expect(count).toBe(0);
    put();
    await soon(() => count === 1);
    // Who looks decides whether it waits again: here nobody looks.
    expect(page.isPolled).toBe(false);
    expect(page.takeReceiver()).toBe(false);
  });

  test('waits to be woken once its time is over', async () => {
    const { page } = waiting(2 * MS);
    await soon(() => !page.isPolled);
    expect(page.takeReceiver()).toBe(true);
    expect(page.takeReceiver()).toBe(false);
  });

  test('hears of what comes while its time ends', async () => {
    let count = 0;
    const { page, put } = waiting(MS, () => count++);
    const wait = page.waitToReceive.bind(page);
    page.waitToReceive = () => {
      put();
      wait();
    };
    await soon(() => count === 1);
    expect(page.takeReceiver()).toBe(false);
  });

  test('leaves the event loop to others meanwhile', async () => {
    const { page, close } = waiting(LONG_NS);
    let turns = 0;
    const turn = () => {
      turns++;
      if (page.isPolled && turns < 100) setImmediate(turn);
    };
    setImmediate(turn);
    await soon(() => turns === 100);
    expect(page.isPolled).toBe(true);
    close();
  });

  test('of no time has it woken as ever', () => {
    const { page } = waiting(0);
    expect(page.isPolled).toBe(false);
    expect(page.takeReceiver()).toBe(true);
  });

  test('who was woken already is not polled', () => {
    const { page } = waiting(0);
    expect(page.takeReceiver()).toBe(true);
    new BusyPoll(
      LONG_NS,
      () => ({ page }),
      () => {},
    ).begin({ page });
    expect(page.isPolled).toBe(false);
  });

  test('touches nothing once the socket is closed', async () => {
    let count = 0;
    const { put, close } = waiting(LONG_NS, () => count++);
    close();
    put();
    await pause(5);
    expect(count).toBe(0);
  });
});

test.each([-1, 1.5, 1_000_001, Number.NaN, '50'])('busyPoll of %p is refused, by its name', (busyPoll) => {
  const wrong = { busyPoll: busyPoll as number };
  const said =
    /Cannot use argument "options.busyPoll": it must be a number of microseconds from 0 to 1000000/;
  expect(() => createSocket({ type: 'udp4', ...wrong })).toThrow(said);
  expect(() => createPacketSocket(wrong)).toThrow(said);
});
