import { describe, expect, test } from '@jest/globals';
import { LoopbackDevice } from '../../src/device/loopback.js';
import { Drop } from '../../src/drop.js';
import { Batch } from '../../src/memory/batch.js';
import { Counters, PAGE_LENGTH, SLOT_STRIDE } from '../../src/memory/counters.js';
import { Announcer } from '../../src/stack/announcer.js';
import { Port } from '../../src/stack/port.js';
import { RESPONDER } from '../build-frame.js';
import { AuditedDevice } from '../device/audited.js';
import { expectFrame } from '../expect-frame.js';
import { type PortFields, portConfig } from './host.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const MS = 1e6;
const SECOND = 1e9;
const port = (fields: PortFields = {}) => new Port(portConfig({ vid: 43, ownsArp: true, ...fields }));

/** An announcer at a wire whose other end tells what was sent: `probe A` or `announce A`, with the VID. */
function wire() {
  const [near, far] = LoopbackDevice.pair();
  const device = new AuditedDevice(near);
  const counters = new Counters(new ArrayBuffer(PAGE_LENGTH));
  const announcer = new Announcer(device, new Batch(1), counters.slots);
  const batch = new Batch(64);
  const sent = (): string[] => {
    far.receive(batch);
    const frames = Array.from({ length: batch.count }, (_, i) =>
      far.arena.octets.slice(batch.at[i]!, batch.at[i]! + batch.length[i]!),
    );
    far.release(batch);
    return frames.map(told);
  };
  const discard = (count: number) => {
    for (let left = count; left > 0; far.release(batch)) left -= far.receive(batch);
  };
  const lacked = () => counters.slots[43 * SLOT_STRIDE + Drop.NoBuffer]!;
  return { announcer, device, sent, discard, lacked };
}

/** Every frame is what RFC 5227 says, or it throws. */
function told(frame: Uint8Array): string {
  const address = frame.slice(-4).join('.');
  const isProbe = frame.slice(32, 36).every((octet) => octet === 0);
  const vid = frame[14]! * 256 + frame[15]!;
  expectFrame(frame)
    .ethernet({ destination: BROADCAST, source: RESPONDER.mac, length: 14 + 4 + 28 })
    .vlan({ vid, pcp: 0, dei: false })
    .arp({
      operation: 1,
      sender: RESPONDER.mac,
      senderAddress: isProbe ? '0.0.0.0' : address,
      target: '00:00:00:00:00:00',
      targetAddress: address,
    });
  return `${isProbe ? 'probe' : 'announce'} ${address} on ${vid}`;
}

test('one probe at once, an announcement after 200 ms, another 2 s later, then silence', () => {
  const { announcer, sent, device } = wire();
  expect(announcer.dueNs).toBe(Number.POSITIVE_INFINITY);
  announcer.start(port(), undefined, 5 * SECOND);
  expect(announcer.dueNs).toBe(5 * SECOND);

  announcer.run(5 * SECOND - 1);
  expect(sent()).toEqual([]);
  announcer.run(5 * SECOND);
  expect(sent()).toEqual(['probe 10.10.10.11 on 43']);
  expect(announcer.dueNs).toBe(5 * SECOND + 200 * MS);

  announcer.run(announcer.dueNs - 1);
  expect(sent()).toEqual([]);
  announcer.run(announcer.dueNs);
  expect(sent()).toEqual(['announce 10.10.10.11 on 43']);
  expect(announcer.dueNs).toBe(7 * SECOND + 200 * MS);

  announcer.run(announcer.dueNs);
  expect(sent()).toEqual(['announce 10.10.10.11 on 43']);
  expect(announcer.dueNs).toBe(Number.POSITIVE_INFINITY);
  announcer.run(100 * SECOND);
  expect(sent()).toEqual([]);
  expect(device.lent).toBe(0);
});

/** Runs until nothing is due; what was sent, in order. */
function finish({ announcer, sent }: ReturnType<typeof wire>): string[] {
  const all: string[] = [];
  while (announcer.dueNs !== Number.POSITIVE_INFINITY) {
    announcer.run(announcer.dueNs);
    all.push(...sent());
  }
  return all;
}

test('every address of a port is probed and announced', () => {
  const w = wire();
  w.announcer.start(port({ addresses: ['10.0.0.1/24', '10.0.0.2/24'] }), undefined, 0);
  expect(finish(w)).toEqual([
    'probe 10.0.0.1 on 43',
    'probe 10.0.0.2 on 43',
    'announce 10.0.0.1 on 43',
    'announce 10.0.0.2 on 43',
    'announce 10.0.0.1 on 43',
    'announce 10.0.0.2 on 43',
  ]);
});

test('a step without a buffer or room in the ring is tried again', () => {
  const w = wire();
  const held = new Batch(1024);
  w.device.reserve(held, held.capacity);
  w.announcer.start(port(), undefined, 0);
  w.announcer.run(0);
  expect(w.announcer.dueNs).toBe(100 * MS);
  expect(w.lacked()).toBe(1);
  expect(w.sent()).toEqual([]);
  w.device.release(held);

  // Noise fills the transmit ring.
  w.device.reserve(held, 256);
  for (let i = 0; i < held.count; i++) held.length[i] = 60;
  w.device.transmit(held);
  w.announcer.run(100 * MS);
  expect(w.device.refused).toBe(1);
  expect(w.announcer.dueNs).toBe(100 * MS);
  // That run flushed the ring.
  w.discard(256);
  w.announcer.run(100 * MS);
  expect(w.sent()).toEqual(['probe 10.10.10.11 on 43']);
  expect(w.device.lent).toBe(0);
});

describe('start() after a change of configuration', () => {
  test('an address that was there before is not announced again, a new one is', () => {
    const w = wire();
    const before = port({ addresses: ['10.0.0.1/24'] });
    w.announcer.start(before, undefined, 0);
    finish(w);
    w.announcer.start(port({ addresses: ['10.0.0.1/24', '10.0.0.9/24'] }), before, 0);
    expect(finish(w)).toEqual(['probe 10.0.0.9 on 43', 'announce 10.0.0.9 on 43', 'announce 10.0.0.9 on 43']);
  });

  test('what is under way goes on where it was, for the port as it is now', () => {
    const w = wire();
    const before = port();
    w.announcer.start(before, undefined, 0);
    w.announcer.run(0);
    expect(w.sent()).toEqual(['probe 10.10.10.11 on 43']);
    w.announcer.start(port(), before, 0);
    expect(w.announcer.dueNs).toBe(200 * MS);
    expect(finish(w)).toEqual(['announce 10.10.10.11 on 43', 'announce 10.10.10.11 on 43']);
  });

  test('an address that is gone is not announced any more', () => {
    const w = wire();
    const before = port({ addresses: ['10.0.0.1/24', '10.0.0.2/24'] });
    w.announcer.start(before, undefined, 0);
    w.announcer.start(port({ addresses: ['10.0.0.2/24'] }), before, 0);
    expect(finish(w).filter((line) => line.includes('10.0.0.1'))).toEqual([]);
  });

  test('a port that became a kernel device is not announced any more, and one that was one is', () => {
    const w = wire();
    const ours = port();
    const kernels = port({ ownsArp: false });
    w.announcer.start(ours, undefined, 0);
    w.announcer.start(kernels, ours, 0);
    w.announcer.start(kernels, undefined, 0);
    expect(finish(w)).toEqual([]);
    w.announcer.start(ours, kernels, 0);
    expect(finish(w)).toHaveLength(3);
  });

  test('ports do not disturb one another; stop() ends those of its slot alone', () => {
    const w = wire();
    w.announcer.start(port(), undefined, 0);
    w.announcer.start(port({ vid: 44 }), undefined, 0);
    w.announcer.stop(43);
    expect(finish(w)).toEqual([
      'probe 10.10.10.11 on 44',
      'announce 10.10.10.11 on 44',
      'announce 10.10.10.11 on 44',
    ]);
  });
});

test('an address that another host claims is announced once in 10 s, whatever else is under way', () => {
  const { announcer, sent } = wire();
  const own = port();
  const [address] = own.addresses;
  const announced = ['announce 10.10.10.11 on 43'];
  for (const [at, heard] of [
    [20 * SECOND, announced],
    [20.1 * SECOND, []],
    [29.9 * SECOND, []],
    [30 * SECOND, announced],
  ] as const) {
    announcer.defend(own, address!, at);
    if (announcer.dueNs <= at) announcer.run(at);
    expect([at, sent()]).toEqual([at, heard]);
  }
  announcer.start(own, undefined, 31 * SECOND);
  announcer.run(31 * SECOND);
  expect(sent()).toEqual(['probe 10.10.10.11 on 43']);
});
