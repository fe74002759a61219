import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Drop } from '../../src/drop.js';
import * as ethernet from '../../src/wire/ethernet.js';
import * as icmpv4 from '../../src/wire/icmpv4.js';
import * as ipv4 from '../../src/wire/ipv4.js';
import { moveUp } from '../../src/wire/octets.js';
import { checkOptions, echoOptions } from '../../src/wire/options.js';
import { buildFrame, octets } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { LINUX_ECHO } from './linux-echo.js';
import { CLOCK, LINUX_OPTIONS, OWN_ADDRESS, SUBNET_BROADCAST } from './linux-options.js';
import { place } from './place.js';

const hex = (values: Uint8Array) => Buffer.from(values).toString('hex');

/** What Linux 6.18 is asked in linux-options.ts, asked of ours. */
function outcome(request: Uint8Array, offset = 0): string {
  const { view, at, end, octets, isNoiseIntact } = place(request, offset);
  const before = hex(octets());
  if (checkOptions(view, at, end) !== Drop.None) return 'refused';
  expect(hex(octets())).toBe(before);
  const length = echoOptions(view, at, end, OWN_ADDRESS, CLOCK, SUBNET_BROADCAST);
  expect(isNoiseIntact()).toBe(true);
  return length < 0 ? 'silent' : hex(octets().slice(request.length - length));
}

describe('does as Linux:', () => {
  test.each(LINUX_OPTIONS)('%s', (_name, request, want) => {
    expect(outcome(octets(request))).toBe(want);
    expect(outcome(octets(request), 3)).toBe(want);
  });
});

test('checkOptions() refuses with the reason of malformed options', () => {
  const { view, at, end } = place(octets('07020101'));
  expect(checkOptions(view, at, end)).toBe(Drop.Ipv4BadOptions);
});

test('without a broadcast address only the limited one is heard', () => {
  const { view, at, end, octets: now } = place(octets('440c0503 0a4d00ff 00000000'));
  expect(echoOptions(view, at, end, OWN_ADDRESS, CLOCK)).toBe(12);
  expect(now()).toEqual(octets('440c0503 0a4d00ff 00000000'));
});

test('any octets are read and written within their bounds', () => {
  const kind = fc.constantFrom(0, 1, 7, 68, 130, 131, 134, 148);
  const option = fc
    .tuple(kind, fc.nat(12), fc.uint8Array({ maxLength: 12, size: 'max' }))
    .map(([first, length, rest]) => [first, length, ...rest]);
  const request = fc
    .oneof(
      fc.array(option, { maxLength: 6, size: 'max' }).map((list) => list.flat()),
      fc.uint8Array({ maxLength: 40, size: 'max' }).map((list) => [...list]),
    )
    .map((list) => Uint8Array.from(list.slice(0, Math.min(40, list.length) & ~3)));
  fc.assert(
    fc.property(request, (octets) => {
      const have = outcome(octets);
      // What comes back can be carried by the header that came.
      if (have !== 'refused' && have !== 'silent') {
        expect(have.length / 2).toBeLessThanOrEqual(octets.length);
        expect((have.length / 2) % 4).toBe(0);
      }
    }),
    { numRuns: 3000 },
  );
});

/** An echo reply made where the request lies, from the pieces of this folder; identification is the kernel's to choose. */
function answer(request: Uint8Array, clock: number, identification: number): Uint8Array {
  const { view, at, end } = place(request);
  const l3 = at + ethernet.HEADER_LENGTH;
  const l4 = l3 + ipv4.headerLength(view, l3);
  expect(ipv4.check(view, l3, end)).toBe(Drop.None);
  expect(checkOptions(view, l3 + ipv4.MIN_HEADER_LENGTH, l4)).toBe(Drop.None);
  expect(icmpv4.check(view, l4, end)).toBe(Drop.None);
  const length = echoOptions(view, l3 + ipv4.MIN_HEADER_LENGTH, l4, ipv4.destination(view, l3), clock);
  const by = l4 - l3 - ipv4.MIN_HEADER_LENGTH - length;
  moveUp(view, at, l3 + ipv4.MIN_HEADER_LENGTH, by);
  ethernet.swapAddresses(view, at + by);
  ipv4.reverse(view, l3 + by);
  ipv4.setHeaderLength(view, l3 + by, ipv4.MIN_HEADER_LENGTH + length);
  ipv4.setTotalLength(view, l3 + by, end - l3 - by);
  ipv4.setTtl(view, l3 + by, ipv4.DEFAULT_TTL);
  ipv4.setDontFragment(view, l3 + by, false);
  ipv4.setIdentification(view, l3 + by, identification);
  ipv4.writeChecksum(view, l3 + by);
  icmpv4.reply(view, l4, end);
  return new Uint8Array(view.buffer.slice(at + by, end));
}

describe('a whole reply is the one of Linux, octet for octet:', () => {
  test.each(LINUX_ECHO)('$name', ({ request, reply, clock }) => {
    const want = octets(reply);
    const identification = want[18]! * 256 + want[19]!;
    expect(hex(answer(octets(request), clock, identification))).toBe(hex(want));
  });
});

test('the header gets shorter when options do not come back; payload and tags stay', () => {
  const tags = [
    { vid: 7, tpid: 0x88a8 },
    { vid: 42, pcp: 5 },
  ];
  const request = place(
    buildFrame({ tags, ipv4: { options: '94040000 01010101' }, icmp: {}, payload: 'odd' }),
    1,
  );
  const l3 = request.at + 22;
  expect(echoOptions(request.view, l3 + 20, l3 + 28, OWN_ADDRESS, CLOCK)).toBe(0);
  moveUp(request.view, request.at, l3 + 20, 8);
  ipv4.setHeaderLength(request.view, l3 + 8, 20);
  ipv4.setTotalLength(request.view, l3 + 8, 20 + 8 + 3);
  ipv4.writeChecksum(request.view, l3 + 8);
  expectFrame(request.octets().slice(8))
    .ethernet({ destination: '02:fc:00:00:00:01', source: '02:fc:00:00:00:02' })
    .vlan({ vid: 7, tpid: 0x88a8 })
    .vlan({ vid: 42, pcp: 5 })
    .ipv4({ options: '' })
    .icmp({ type: 8 })
    .payload('odd');
  expect(request.isNoiseIntact()).toBe(true);
});
