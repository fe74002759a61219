import { expect, test } from '@jest/globals';
import { ringCapacity, SocketPage, socketPageLength } from '../../src/memory/socket-page.js';
import { Settings } from '../../src/socket/settings.js';

const CAPACITY = ringCapacity(1);

test('what a socket was told holds for every page that it gets: those of the next worker too', () => {
  const pages = Array.from({ length: 2 }, () => {
    const memory = new ArrayBuffer(socketPageLength(CAPACITY, CAPACITY));
    return new SocketPage(memory, { receive: CAPACITY, send: CAPACITY, limit: 10_000 });
  });
  const settings = new Settings();
  settings.applyTo(undefined);
  settings.applyTo(pages[0]);
  expect(pages[0]).toMatchObject({ mayBroadcast: false, ttl: 64, priority: 0, receiveLimit: 10_000 });
  Object.assign(settings, { broadcast: true, ttl: 3, priority: 5, receiveLimit: 4096 });
  for (const page of pages) {
    settings.applyTo(page);
    expect(page).toMatchObject({ mayBroadcast: true, ttl: 3, priority: 5, receiveLimit: 4096 });
  }
  settings.receiveLimit = 10 * CAPACITY;
  settings.applyTo(pages[1]);
  expect(pages[1]!.receiveLimit).toBe(CAPACITY);
});
