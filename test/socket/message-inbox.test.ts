import { describe, expect, test } from '@jest/globals';
import { ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import type { Channel } from '../../src/socket/channel.js';
import { Inbox } from '../../src/socket/inbox.js';
import { Timestamper } from '../../src/socket/timestamps.js';

const CAPACITY = ringCapacity(1);

/** An inbox with so many datagrams of one octet each, which tell their number. */
function inbox(count: number, deliver: (number: number) => void = () => {}) {
  const page = new SocketPage(new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY)), {
    receive: CAPACITY,
    send: CAPACITY,
    limit: CAPACITY,
  });
  const channel = { page, received: page.received, isClosed: false } as unknown as Channel;
  const put = (number: number) => {
    const ring = page.received;
    const at = ring.claim(1);
    ring.set(at, 1, 1);
    ring.octets[ring.payloadAt(at)] = number;
    ring.publish();
  };
  for (let i = 0; i < count; i++) put(i);
  return { channel, page, put, inbox: new Inbox(new Timestamper(), ([number]) => deliver(number!)) };
}

describe('look()', () => {
  test('says that there is more after some, and waits once there is nothing', () => {
    const got: number[] = [];
    const { inbox: box, channel, page } = inbox(100, (number) => got.push(number));
    expect(box.look(channel, () => channel)).toBe(true);
    expect(page.takeReceiver()).toBe(false);
    expect(box.look(channel, () => channel)).toBe(false);
    expect(page.takeReceiver()).toBe(true);
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('hears of what comes while it goes to wait', () => {
    const got: number[] = [];
    const { inbox: box, channel, page, put } = inbox(0, (number) => got.push(number));
    const wait = page.waitToReceive.bind(page);
    let left = 3;
    page.waitToReceive = () => {
      if (left-- > 0) put(left);
      wait();
    };
    expect(box.look(channel, () => channel)).toBe(false);
    expect(got).toEqual([2, 1, 0]);
  });

  test('goes on after the one whose listener threw', () => {
    const got: number[] = [];
    const { inbox: box, channel } = inbox(3, (number) => {
      if (number === 1) throw new Error('of the application');
      got.push(number);
    });
    expect(() => box.look(channel, () => channel)).toThrow('of the application');
    expect(box.look(channel, () => channel)).toBe(false);
    expect(got).toEqual([0, 2]);
  });

  test('touches nothing once a listener has closed the socket', () => {
    let current: Channel | undefined;
    const {
      inbox: box,
      channel,
      page,
    } = inbox(3, () => {
      current = undefined;
    });
    current = channel;
    expect(box.look(channel, () => current)).toBe(false);
    expect(page.takeReceiver()).toBe(false);
  });
});

describe('announce()', () => {
  test('waits before it tells, and is called again while the application leaves something', () => {
    const { inbox: box, channel, page } = inbox(2);
    const take = () => box.visit(channel, () => {}, 1);
    expect(box.announce(channel, () => channel, take)).toBe(true);
    expect(page.takeReceiver()).toBe(true);
    expect(box.announce(channel, () => channel, take)).toBe(false);
    expect(page.takeReceiver()).toBe(true);
  });
});

test('visit() gives each datagram once, though the application throws', () => {
  const { inbox: box, channel } = inbox(3);
  const got: number[] = [];
  const visit = ([number]: Uint8Array) => {
    got.push(number!);
    if (number === 1) throw new Error('of the application');
  };
  expect(() => box.visit(channel, visit, 64)).toThrow('of the application');
  expect(box.visit(channel, visit, 64)).toBe(1);
  expect(got).toEqual([0, 1, 2]);
});
