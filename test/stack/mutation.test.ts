// Frames that were right until a few octets changed. Whatever they are: nothing throws, host.ts sees every descriptor ended and every
// frame counted once, and what goes out is right and no longer than what came in.
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packetReceive } from '../../src/service/packet-receive.js';
import { udpEcho } from '../../src/service/udp-echo.js';
import { TraceLevel } from '../../src/stack/port.js';
import { buildFrame, type FrameFields, macOctets, naiveChecksum, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { type Answer, Host } from './host.js';

const host = new Host(
  {},
  { vid: 42, addresses: ['10.10.10.11/24', '10.99.0.1/31'] },
  { vid: 43, ownsArp: true },
);
for (const slot of [0, 42, 43]) {
  const port = host.stack.port(slot)!;
  port.trace = TraceLevel.Dump;
  port.udp.push(udpEcho(7), udpEcho(42042));
  port.packet.push(packetReceive(0, () => undefined));
}

const tags = fc.constantFrom<FrameFields['tags']>(
  [],
  [{ vid: 42, pcp: 5 }],
  [{ vid: 43 }],
  [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }],
  [{ vid: 99 }],
);
const options = fc.constantFrom(
  '',
  '94040000',
  '07070400000000 00',
  '440c05 01 0000000000000000',
  '01010101 44080500 00000000',
);
const payload = fc.uint8Array({ maxLength: 80 });
const seed: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    fc.record({ tags, payload, icmp: fc.constant({}), ipv4: fc.record({ options }) }),
    fc.record({
      tags,
      payload,
      udp: fc.constantFrom({}, { destinationPort: 7 }),
      ipv4: fc.record({ options }),
    }),
    fc.record({ tags, arp: fc.constantFrom({}, { operation: 2 }, { senderAddress: '0.0.0.0' }) }),
  )
  .chain((fields) =>
    fc.constantFrom(0, 60, 64).map((padTo) => buildFrame({ ...(fields as FrameFields), padTo })),
  );

type Change = { at: number; value: number; kind: 'set' | 'flip' | 'cut' | 'grow' };
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(130),
  value: fc.nat(255),
  kind: fc.constantFrom('set', 'set', 'flip', 'flip', 'flip', 'cut', 'grow'),
});

/** What is changed, and whether the IPv4 header checksum is mended after it, so that the change gets further. */
function mutate(frame: Uint8Array, changes: readonly Change[], mends: boolean): Uint8Array {
  let octets = Array.from(frame);
  for (const { at, value, kind } of changes) {
    const i = octets.length === 0 ? 0 : at % octets.length;
    if (kind === 'cut') octets = octets.slice(0, i);
    else if (kind === 'grow') octets.push(...new Array<number>(at).fill(value));
    else if (octets.length > 0) octets[i] = kind === 'set' ? value : octets[i]! ^ (1 << (value % 8));
  }
  if (mends) mend(octets);
  return Uint8Array.from(octets);
}

function mend(octets: number[]): void {
  let l3 = 14;
  while ([0x8100, 0x88a8].includes(octets[l3 - 2]! * 256 + octets[l3 - 1]!)) l3 += 4;
  const end = l3 + (octets[l3]! % 16) * 4;
  if (!(octets.length >= Math.max(end, l3 + 20))) return;
  octets[l3 + 10] = 0;
  octets[l3 + 11] = 0;
  const sum = naiveChecksum(octets.slice(l3, end));
  octets[l3 + 10] = sum >> 8;
  octets[l3 + 11] = sum % 256;
}

let frames = 0;
let replies = 0;
const reasons = new Set<string>();

function verify(frame: Uint8Array, { reply, drop }: Answer): void {
  frames++;
  if (drop !== undefined) reasons.add(drop);
  if (reply === undefined) return;
  replies++;
  expect(reply.length).toBeLessThanOrEqual(frame.length);
  // Back to one host, from us.
  expect(reply[0]! % 2).toBe(0);
  expect([...reply.subarray(6, 12)]).toEqual(macOctets(RESPONDER.mac));
  const said = expectFrame(reply);
  let at = 12;
  for (; [0x8100, 0x88a8].includes(reply[at]! * 256 + reply[at + 1]!); at += 4) {
    said.vlan({});
    expect(reply.subarray(at, at + 4)).toEqual(frame.subarray(at, at + 4));
  }
  if (reply[at + 1] === 0x06) {
    said.arp({ operation: 2, sender: RESPONDER.mac });
    return;
  }
  const protocol = reply[at + 2 + 9];
  said.ipv4({ ttl: 64, totalLength: reply.length - at - 2 });
  if (protocol === 17) said.udp({});
  else said.icmp({ type: 0 });
}

test('mutated frames', () => {
  fc.assert(
    fc.property(seed, fc.array(change, { maxLength: 4 }), fc.boolean(), (frame, changes, mends) => {
      const sent = mutate(frame, changes, mends);
      verify(sent, host.send(sent));
      host.ring.drain(() => undefined);
    }),
    { numRuns: 6000 },
  );
});

test('octets without any sense', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (sent) => verify(sent, host.send(sent))),
    { numRuns: 1000 },
  );
});

afterAll(() => {
  // The mutations are worth something only if they get everywhere.
  expect(replies).toBeGreaterThan(frames / 20);
  expect(reasons.size).toBeGreaterThan(15);
});
