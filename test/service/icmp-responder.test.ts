import { expect, test } from '@jest/globals';
import { SlotCounter } from '../../src/memory/counters.js';
import { buildFrame, type FrameFields } from '../build-frame.js';
import { Host } from '../stack/host.js';

const request = (fields: FrameFields = {}) => buildFrame({ tags: [{ vid: 42 }], icmp: {}, ...fields });

test('requests and replies are counted on the port, once each', () => {
  const host = new Host({ vid: 42 }, { vid: 43 });
  const { moved } = host.send(request());
  expect(moved).toMatchObject({ EchoRequests: 1, EchoReplies: 1 });
  host.send(request({ tags: [{ vid: 43 }] }));
  host.send(request());
  expect(host.count(42, SlotCounter.EchoReplies)).toBe(2);
  expect(host.count(43, SlotCounter.EchoReplies)).toBe(1);
  expect(host.stack.port(42)!.replies).toBe(2);
});

test('a request that cannot be answered counts as a request and its reason, not as a reply', () => {
  const host = new Host({ vid: 42 });
  const { moved, drop } = host.send(request({ source: '03:fc:00:00:00:02' }));
  expect(drop).toBe('source-unreachable');
  expect(moved).toMatchObject({ EchoRequests: 1 });
  expect(moved.EchoReplies).toBeUndefined();
  expect(host.stack.port(42)!.replies).toBe(0);
});

test('what is no request to this host counts as neither', () => {
  const host = new Host({ vid: 42 });
  for (const fields of [
    { icmp: { type: 0 } },
    { ipv4: { destination: '255.255.255.255' } },
    { icmp: { checksum: 1 } },
  ])
    expect(host.send(request(fields)).moved.EchoRequests).toBeUndefined();
});

test('the number of replies goes round at 2^32', () => {
  const host = new Host({ vid: 42 });
  const port = host.stack.port(42)!;
  port.replies = -1;
  host.send(request());
  expect(port.replies).toBe(0);
  port.replies = 2 ** 31 - 1;
  host.send(request());
  expect(port.replies >>> 0).toBe(2 ** 31);
});
