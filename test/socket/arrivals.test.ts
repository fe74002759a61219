import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { arrivals } from '../../src/socket/arrivals.js';
import type { Channel } from '../../src/socket/channel.js';
import { Inbox } from '../../src/socket/inbox.js';
import { Timestamper } from '../../src/socket/timestamps.js';

const CAPACITY = ringCapacity(1);

/** A socket with so many datagrams of one octet each in its receive buffer, which tell their number. */
function socketWith(count: number) {
  const buffer = new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY));
  const page = new SocketPage(buffer, { receive: CAPACITY, send: CAPACITY, limit: CAPACITY });
  const channel = { page, received: page.received, isClosed: false } as unknown as Channel;
  for (let i = 0; i < count; i++) {
    const at = page.received.claim(1);
    page.received.set(at, 1, 1);
    page.received.octets[page.received.payloadAt(at)] = i;
    page.received.publish();
  }
  const socket = new EventEmitter();
  const inbox = new Inbox(new Timestamper(), (message, from) => socket.emit('message', message, from));
  const lease = {
    phase: 'bound',
    lookSoon() {
      setImmediate(() => {
        if (inbox.look(channel, () => channel)) lease.lookSoon();
      });
    },
  };
  return { socket, inbox, lease, ring: page.received, each: arrivals<[Buffer]>(socket, inbox, lease) };
}

test('what a slow reader has not asked for stays in the receive buffer, and comes in its time', async () => {
  const { socket, lease, ring, each } = socketWith(200);
  const full = ring.used;
  lease.lookSoon();
  const got: number[] = [];
  for await (const [message] of each) {
    got.push(message[0]!);
    for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
    if (got.length === 1) expect(ring.used).toBe((full / 200) * 136);
    if (got.length === 200) break;
  }
  expect(got).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(socket.eventNames()).toEqual([]);
});

test('a reader that goes away leaves the socket to its listeners', async () => {
  const { socket, lease, each } = socketWith(100);
  lease.lookSoon();
  for await (const _ of each) break;
  let heard = 0;
  await new Promise<void>((resolve) => {
    socket.on('message', () => {
      if (++heard === 36) resolve();
    });
  });
});

test('a socket that is closed, or fails, ends it once all has been read', async () => {
  const closing = socketWith(2);
  const failing = socketWith(2);
  const read = async ({ each }: { each: AsyncGenerator<[Buffer]> }, got: number[]) => {
    for await (const [message] of each) got.push(message[0]!);
  };
  const got: number[][] = [[], [], []];
  const both = [read(closing, got[0]!), expect(read(failing, got[1]!)).rejects.toThrow('of the port')];
  for (const { lease } of [closing, failing]) lease.lookSoon();
  setImmediate(() => {
    closing.socket.emit('close');
    failing.socket.emit('error', new Error('of the port'));
  });
  await Promise.all(both);
  closing.lease.phase = 'closed';
  await read({ each: arrivals(closing.socket, closing.inbox, closing.lease) }, got[2]!);
  expect(got).toEqual([[0, 1], [0, 1], []]);
});
