import { describe, expect, test } from '@jest/globals';
import { ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import type { Channel } from '../../src/socket/channel.js';
import { Destinations } from '../../src/socket/destinations.js';
import { sendError } from '../../src/socket/errors.js';
import { Outbox } from '../../src/socket/outbox.js';

const CAPACITY = ringCapacity(1);
const ENETUNREACH = 101;

/** Rings without anybody at their other end. */
function channel(): Channel {
  const page = new SocketPage(new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY)), {
    receive: CAPACITY,
    send: CAPACITY,
    limit: CAPACITY,
  });
  const push = ({ length }: { length: number }) => {
    if (page.sent.claim(length) < 0) return undefined;
    page.sent.publish();
    return page.sent.head;
  };
  return { page, push, ring() {}, destinations: new Destinations() } as unknown as Channel;
}

test('what was in the ring of a worker that ended is told as lost, what waited for room goes into the next ring; closing cancels what still does', async () => {
  const outbox = new Outbox({
    label() {},
    errorOf: (errno) => sendError(errno),
    onError(error) {
      throw error;
    },
  });
  const told: [string, string | undefined][] = [];
  const send = (name: string, to: Channel) => {
    const length = 60_000;
    const callback = (error: Error | null) => told.push([name, (error as { code?: string } | null)?.code]);
    outbox.send(to, { parts: [new Uint8Array(length)], length, callback });
  };
  const first = channel();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) send(name, first);
  const waiting = outbox.count;
  expect(waiting).toBeGreaterThan(0);
  outbox.lose();
  await new Promise(setImmediate);
  const lost = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, 6 - waiting);
  expect(told).toEqual(lost.map((name) => [name, 'ENETRESET']));

  const second = channel();
  outbox.look(second);
  expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  // They are on their way: nobody has been told anything of them.
  expect(told).toHaveLength(lost.length);
  for (const name of ['g', 'h', 'i']) send(name, second);
  const left = outbox.count;
  expect(left).toBeGreaterThan(0);
  outbox.cancel(second);
  await new Promise(setImmediate);
  const codes = told.slice(lost.length).map(([, code]) => code);
  expect(codes).toEqual([
    ...new Array(waiting + 3 - left).fill(undefined),
    ...new Array(left).fill('ECANCELED'),
  ]);
  expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
});

test('what is sent while the application looks is told in that look: nobody wakes it for that again', () => {
  const outbox = new Outbox({
    label() {},
    errorOf: (errno) => sendError(errno),
    onError(error) {
      throw error;
    },
  });
  const to = channel();
  const { page } = to;
  const told: number[] = [];
  const wait = page.waitToSend.bind(page);
  outbox.send(to, { parts: [], length: 100, callback: (_error, octets) => told.push(octets) });
  // The out-of-band side has been at work for another socket, and has told this one.
  expect(page.takeSender()).toBe(true);
  page.waitToSend = () => {
    page.sent.next();
    page.sent.release();
    expect(page.takeSender()).toBe(false);
    wait();
  };
  outbox.look(to);
  expect(told).toEqual([100]);
});

describe('what failed', () => {
  /** A channel whose other end is played by the test, and what its senders were told. */
  const begin = () => {
    const to = channel();
    const told: string[] = [];
    const outbox = new Outbox({
      label() {},
      errorOf: (errno) => sendError(errno),
      onError: (error) => told.push(`error ${(error as { code?: string }).code}`),
    });
    const send = (name: string) =>
      outbox.send(to, {
        parts: [],
        length: 100,
        callback: (error) => told.push(`${name} ${(error as { code?: string } | null)?.code ?? 'sent'}`),
      });
    const { page } = to;
    /** The next record is gone; with an errno it failed. */
    const take = (errno = 0) => {
      page.sent.next();
      if (errno !== 0) page.fail(page.sent.end, errno);
      page.sent.release();
    };
    return { to, told, outbox, send, page, take };
  };

  test('is told to its own sender, whenever the application looks', () => {
    const { to, told, outbox, send, page, take } = begin();
    for (const name of ['a', 'b', 'c']) send(name);
    const failures = page.takeFailures.bind(page);
    // The out-of-band side goes on between any two looks of the application.
    page.takeFailures = (visit) => {
      take(ENETUNREACH);
      const isNew = failures(visit);
      take(ENETUNREACH);
      return isNew;
    };
    outbox.look(to);
    page.takeFailures = failures;
    outbox.look(to);
    expect(told).toEqual(['a ENETUNREACH', 'b ENETUNREACH']);
  });

  test('is told to its sender, though the socket is closed before the next look', async () => {
    const { to, told, outbox, send, take } = begin();
    for (const name of ['a', 'b', 'c']) send(name);
    take();
    take(ENETUNREACH);
    outbox.cancel(to);
    await new Promise(setImmediate);
    expect(told).toEqual(['a sent', 'b ENETUNREACH', 'c sent']);
  });

  test('is told before its record is given back', () => {
    const { to, told, outbox, send, page } = begin();
    send('a');
    page.sent.next();
    page.fail(page.sent.end, ENETUNREACH);
    outbox.look(to);
    expect(told).toEqual(['a ENETUNREACH']);
    page.sent.release();
    outbox.look(to);
    expect(told).toHaveLength(1);
  });

  test('is told though a callback before it throws', () => {
    const { to, told, outbox, send, take } = begin();
    outbox.send(to, {
      parts: [],
      length: 100,
      callback() {
        throw new Error('of the application');
      },
    });
    send('b');
    take();
    take(ENETUNREACH);
    expect(() => outbox.look(to)).toThrow('of the application');
    outbox.look(to);
    expect(told).toEqual(['b ENETUNREACH']);
  });
});
