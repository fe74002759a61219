// The express way against the general one: whatever the frame, the same octets come back and the same counters move.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packetReceive } from '../../src/service/packet-receive.js';
import { buildFrame, type FrameFields, naiveChecksum } from '../build-frame.js';
import { Host } from './host.js';

const ports = [{ vid: 42 }, { vid: 43 }, { vid: 44, addresses: ['10.10.10.11/24', '10.20.0.1/16'] }];
const express = new Host(...ports);
const general = new Host(...ports);
/** Echo requests that came to the responder's own code. */
let slow = 0;
for (const { vid } of ports) {
  // Somebody who wants to see every frame closes the express way.
  general.stack.port(vid)!.packet.push(packetReceive(0, () => undefined));
  const port = express.stack.port(vid)!;
  const responder = port.icmp!;
  port.icmp = {
    name: responder.name,
    isEchoResponder: true,
    message(p, on) {
      slow++;
      return responder.message(p, on);
    },
  };
}

function same(frame: Uint8Array): { replied: boolean; wasExpress: boolean } {
  const before = slow;
  const a = express.send(frame);
  const b = general.send(frame);
  expect(a.reply && Buffer.from(a.reply).toString('hex')).toBe(
    b.reply && Buffer.from(b.reply).toString('hex'),
  );
  expect(a.moved).toEqual(b.moved);
  return { replied: a.reply !== undefined, wasExpress: a.reply !== undefined && slow === before };
}

const TABLE: [name: string, fields: FrameFields, isExpress: boolean][] = [
  ['a ping', {}, true],
  ['with a TOS', { ipv4: { tos: 0xb8 } }, true],
  ['with DF', { ipv4: { flags: 2 } }, true],
  ['with the reserved bit', { ipv4: { flags: 4 } }, false],
  ['of a fragment', { ipv4: { flags: 1 } }, false],
  ['with TTL 1', { ipv4: { ttl: 1 } }, true],
  ['with TTL 64', { ipv4: { ttl: 64 } }, true],
  ['with a priority', { tags: [{ vid: 42, pcp: 7 }] }, true],
  ['to the second port', { tags: [{ vid: 43 }] }, true],
  ['to a port with two addresses', { tags: [{ vid: 44 }] }, false],
  ['without a tag', { tags: [] }, false],
  ['in 802.1ad', { tags: [{ vid: 42, tpid: 0x88a8 }] }, false],
  ['in two tags', { tags: [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }] }, false],
  ['with options', { ipv4: { options: '94040000' } }, false],
  ['of a UDP datagram', { udp: {} }, false],
  ['padded', { padTo: 64, payload: new Uint8Array(3) }, true],
  ['long', { payload: new Uint8Array(548).fill(0xa5) }, true],
  ['longer', { payload: new Uint8Array(549).fill(0xa5) }, false],
];
test.each(TABLE)('%s', (_name, fields, isExpress) => {
  const frame = buildFrame({ tags: [{ vid: 42 }], ...(fields.udp ? {} : { icmp: {} }), ...fields });
  expect(same(frame).wasExpress).toBe(isExpress);
});

test('every length of payload', () => {
  for (let n = 0; n <= 600; n += n < 120 ? 1 : 7) {
    const payload = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 0xff);
    expect(same(buildFrame({ tags: [{ vid: 42 }], icmp: {}, payload })).replied).toBe(true);
  }
});

test('each octet of the headers changed, with right checksums', () => {
  const ping = buildFrame({ tags: [{ vid: 42 }], icmp: {}, payload: Uint8Array.of(1, 2, 3) });
  for (let at = 0; at < 46; at++)
    for (const value of [
      0x00,
      0x7f,
      0xff,
      ...Array.from({ length: 8 }, (_, bit) => ping[at]! ^ (1 << bit)),
    ]) {
      const frame = ping.slice();
      frame[at] = value;
      mend(frame);
      same(frame);
    }
});

test('checksums at the edge: replies of zeros, sums of 0xffff', () => {
  for (let identifier = 0; identifier <= 0xffff; identifier += 101) {
    const frame = buildFrame({
      tags: [{ vid: 42 }],
      icmp: { identifier, sequence: 0 },
      payload: new Uint8Array(0),
    });
    expect(same(frame).replied).toBe(true);
  }
  for (const [identifier, sequence] of [
    [0, 0],
    [0xf7ff, 0],
    [0xffff, 0xf7ff],
    [0xf7fe, 1],
    [0xf800, 0],
  ] as const)
    expect(
      same(buildFrame({ tags: [{ vid: 42 }], icmp: { identifier, sequence }, payload: new Uint8Array(2) }))
        .replied,
    ).toBe(true);
});

test('mutated frames', () => {
  let fast = 0;
  const change = fc.record({ at: fc.nat(110), value: fc.nat(255), mends: fc.boolean() });
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.array(change, { maxLength: 3 }),
      fc.nat(120),
      (payload, changes, cut) => {
        const whole = buildFrame({ tags: [{ vid: 42 }], icmp: {}, payload });
        const frame = cut < 8 ? whole.slice(0, whole.length - cut) : whole;
        for (const { at, value, mends } of changes) {
          frame[at % frame.length] = value;
          if (mends) mend(frame);
        }
        if (same(frame).wasExpress) fast++;
      },
    ),
    { numRuns: 3000, seed: 42 },
  );
  expect(fast).toBeGreaterThan(500);
});

/** Both checksums of a frame with one tag and no options, as far as it has them. */
function mend(frame: Uint8Array): void {
  if (frame.length < 46) return;
  frame.set([0, 0], 28);
  const header = naiveChecksum([...frame.subarray(18, 38)]);
  frame.set([header >> 8, header & 0xff], 28);
  const end = Math.min(frame.length, 18 + frame[20]! * 256 + frame[21]!);
  frame.set([0, 0], 40);
  const message = naiveChecksum([...frame.subarray(38, Math.max(end, 46))]);
  frame.set([message >> 8, message & 0xff], 40);
}
