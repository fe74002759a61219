import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { SlotCounter } from '../../src/memory/counters.js';
import { buildFrame, type FrameFields, ISSUER, octets, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { LINUX_ECHO } from '../wire/linux-echo.js';
import { LINUX_OPTIONS } from '../wire/linux-options.js';
import { Host, type PortFields } from './host.js';

const MS_PER_DAY = 86_400_000;
const tags = [{ vid: 42 }];
const port: PortFields = { vid: 42 };

/** The reply to an echo request to `port`; a drop fails. */
function reply(fields: FrameFields, ...ports: PortFields[]): Uint8Array {
  const host = new Host(...(ports.length === 0 ? [port] : ports));
  const answer = host.send(buildFrame({ tags, icmp: {}, ...fields }));
  if (answer.reply === undefined) throw new Error(`dropped: ${answer.drop}`);
  return answer.reply;
}

test('a reply goes back to frame, network and identifier of the request, with TTL 64, TOS, identification and DF kept', () => {
  const frame = reply({
    tags: [{ vid: 42, pcp: 5 }],
    ipv4: { ttl: 3, tos: 0xb9, identification: 0x4242, flags: 2 },
    icmp: { identifier: 0xabcd, sequence: 0xfffe },
    payload: 'ping',
  });
  expectFrame(frame)
    .ethernet({ destination: ISSUER.mac, source: RESPONDER.mac, length: 14 + 4 + 20 + 8 + 4 })
    .vlan({ vid: 42, pcp: 5, dei: false, tpid: 0x8100 })
    .ipv4({
      source: RESPONDER.address,
      destination: ISSUER.address,
      ttl: 64,
      tos: 0xb9,
      identification: 0x4242,
      dontFragment: true,
      options: '',
    })
    .icmp({ type: 0, code: 0, identifier: 0xabcd, sequence: 0xfffe })
    .payload('ping');
});

describe('any payload comes back:', () => {
  const host = new Host(port);
  const sizes = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 55, 56, 63, 64, 65, 999, 1000, 1471, 1472];
  const patterns: [name: string, octet: (i: number) => number][] = [
    ['zeros', () => 0],
    ['ones', () => 0xff],
    ['counting', (i) => i % 256],
    ['a pattern that overflows every sum', (i) => (i % 2 === 0 ? 0xff : 0xfe)],
  ];
  test.each(patterns)('%s', (_name, octet) => {
    for (const size of sizes) {
      const payload = Uint8Array.from({ length: size }, (_, i) => octet(i));
      const answer = host.send(buildFrame({ tags, icmp: {}, payload }));
      expectFrame(answer.reply!).vlan({}).ipv4({}).icmp({ type: 0 }).payload(payload);
    }
  });

  test('a message that is all zero as a reply has a checksum that is right', () => {
    const payload = new Uint8Array(56);
    const answer = host.send(buildFrame({ tags, icmp: { identifier: 0, sequence: 0 }, payload }));
    expectFrame(answer.reply!).vlan({}).ipv4({}).icmp({ identifier: 0, sequence: 0 }).payload(payload);
  });
});

describe('tags are kept:', () => {
  test.each<[name: string, tags: NonNullable<FrameFields['tags']>]>([
    ['PCP 7 and DEI', [{ vid: 42, pcp: 7, dei: true }]],
    ['802.1ad', [{ vid: 42, tpid: 0x88a8, pcp: 1 }]],
    [
      'QinQ, 802.1ad outside',
      [
        { vid: 7, tpid: 0x88a8, pcp: 3, dei: true },
        { vid: 42, pcp: 5 },
      ],
    ],
    [
      'QinQ, 802.1Q twice',
      [
        { vid: 4094, pcp: 6 },
        { vid: 42, dei: true },
      ],
    ],
  ])('%s', (_name, tags) => {
    const expectation = expectFrame(reply({ tags, payload: 'x' }));
    for (const { vid, pcp = 0, dei = false, tpid = 0x8100 } of tags)
      expectation.vlan({ vid, pcp, dei, tpid });
    expectation.ipv4({ ttl: 64 }).icmp({ type: 0 }).payload('x');
  });
});

test('padding of the frame is not sent back', () => {
  expectFrame(reply({ payload: 'x', padTo: 64 }))
    .ethernet({ length: 14 + 4 + 20 + 8 + 1 })
    .vlan({})
    .ipv4({ totalLength: 29 })
    .icmp({ type: 0 })
    .payload('x');
});

test('octets behind the packet are neither summed nor sent, however many', () => {
  const request = buildFrame({ tags, icmp: {}, payload: 'x' });
  const long = new Uint8Array(1500).fill(0xee);
  long.set(request);
  const { reply } = new Host(port).send(long);
  expect(reply?.length).toBe(request.length);
  expectFrame(reply!).vlan({}).ipv4({}).icmp({}).payload('x');
});

test.each([
  ['the reserved bit, which is cleared', 4, false],
  ['the reserved bit and DF', 6, true],
  ['DF', 2, true],
])('%s', (_name, flags, dontFragment) => {
  const frame = reply({ ipv4: { flags } });
  expectFrame(frame).vlan({}).ipv4({ dontFragment }).icmp({ type: 0 });
  expect(frame[24]! & 0x80).toBe(0);
});

test.each([0, 1, 63, 64, 255])('TTL %i is no reason to drop (RFC 1122 §3.2.1.7)', (ttl) => {
  expectFrame(reply({ ipv4: { ttl } }))
    .vlan({})
    .ipv4({ ttl: 64 });
});

test('any code is answered and sent back, as Linux does', () => {
  expectFrame(reply({ icmp: { code: 9 } }))
    .vlan({})
    .ipv4({})
    .icmp({ type: 0, code: 9 });
});

test('a unicast packet in a broadcast or multicast frame is answered, as Linux does', () => {
  for (const destination of ['ff:ff:ff:ff:ff:ff', '01:00:5e:0a:0a:0b'])
    expectFrame(reply({ destination }))
      .ethernet({ source: RESPONDER.mac, destination: ISSUER.mac })
      .vlan({})
      .ipv4({ source: RESPONDER.address });
});

describe('ports:', () => {
  test('every address of a port answers as itself', () => {
    const addresses = ['10.10.10.11/24', '192.168.7.1/30', '10.10.10.200/24', '172.16.0.1/32'];
    for (const address of addresses.map((a) => a.split('/')[0]!))
      expectFrame(reply({ ipv4: { destination: address } }, { vid: 42, addresses }))
        .vlan({})
        .ipv4({ source: address, destination: ISSUER.address });
  });

  test('a /31 has no broadcast address: its other end is answered (RFC 3021)', () => {
    expectFrame(reply({}, { vid: 42, addresses: ['10.10.10.11/31'] }))
      .vlan({})
      .ipv4({});
  });

  test.each([
    ['198.51.100.7', 'outside every subnet: it came through a router'],
    ['240.0.0.1', 'of class E, a host to Linux since 2.6.25'],
    ['0.1.2.3', 'of 0.0.0.0/8, a host to Linux since 5.3'],
    ['126.255.255.255', 'before loopback'],
    ['128.0.0.1', 'behind it'],
    ['223.255.255.255', 'before multicast'],
  ])('source %s is answered, %s', (source) => {
    expectFrame(reply({ ipv4: { source } }))
      .vlan({})
      .ipv4({ destination: source });
  });

  test("the base device's port answers what has no tag, VID 0, and VIDs that have no port", () => {
    for (const tags of [[], [{ vid: 0, pcp: 3 }], [{ vid: 99 }]])
      expectFrame(reply({ tags }, {}, port)).ethernet({ destination: ISSUER.mac });
  });

  test("a VID with a port is that port's alone", () => {
    const other = { vid: 42, mac: '02:fc:00:00:00:42', addresses: ['10.42.0.1/24'] };
    const host = new Host({}, other);
    expect(host.send(buildFrame({ tags, icmp: {} })).drop).toBe('other-host');
    expect(host.send(buildFrame({ tags, icmp: {}, destination: other.mac })).drop).toBe('ipv4-not-local');
    const ipv4 = { destination: '10.42.0.1', source: '10.42.0.2' };
    const { reply } = host.send(buildFrame({ tags, icmp: {}, destination: other.mac, ipv4 }));
    expectFrame(reply!).ethernet({ source: other.mac }).vlan({ vid: 42 }).ipv4({});
    expect(host.count(42, SlotCounter.RxPackets)).toBe(3);
    expect(host.count(0, SlotCounter.RxPackets)).toBe(0);
  });

  test('an emptied slot answers no more', () => {
    const host = new Host(port);
    host.stack.setPort(42, undefined);
    expect(host.send(buildFrame({ tags, icmp: {} })).drop).toBe('no-port');
  });
});

describe('options come back as from Linux:', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const LINUX: PortFields = { vid: 42, addresses: ['10.77.0.2/24'] };
  // Its clock was written as 11223344, more milliseconds than a day has.
  const ofDay = (hex: string) => hex.replaceAll('11223344', '01223344');

  test.each(LINUX_OPTIONS)('%s', (_name, request, outcome) => {
    jest.spyOn(Date, 'now').mockReturnValue(20_000 * MS_PER_DAY + 0x01223344);
    const host = new Host(LINUX);
    const ipv4 = { source: '10.77.0.1', destination: '10.77.0.2', options: ofDay(request) };
    const answer = host.send(buildFrame({ tags: [{ vid: 42, pcp: 5 }], icmp: {}, ipv4, payload: 'odd' }));
    if (outcome === 'refused' || outcome === 'silent') expect(answer.drop).toBe('ipv4-bad-options');
    else
      expectFrame(answer.reply!)
        .ethernet({ destination: ISSUER.mac, source: RESPONDER.mac })
        .vlan({ vid: 42, pcp: 5 })
        .ipv4({ source: '10.77.0.2', destination: '10.77.0.1', options: ofDay(outcome), ttl: 64 })
        .icmp({ type: 0 })
        .payload('odd');
  });

  test.each(LINUX_ECHO)('$name', ({ request, reply, clock }) => {
    jest.spyOn(Date, 'now').mockReturnValue(clock);
    const host = new Host({ mac: '02:00:00:00:00:02', addresses: ['10.77.0.2/24'] });
    const have = host.send(octets(request)).reply!;
    const want = octets(reply);
    // Linux numbers its replies and clears DF: identification, flags and with them the header checksum differ.
    for (const at of [18, 19, 20, 21, 24, 25]) want[at] = have[at]!;
    expect(Buffer.from(have).toString('hex')).toBe(Buffer.from(want).toString('hex'));
    expectFrame(have).ipv4({}).icmp({});
  });
});

describe('a timestamp request', () => {
  const originate = octets('00010203');
  const ask = (payload: Uint8Array, fields: FrameFields = {}) => {
    const host = new Host(port);
    return host.send(buildFrame({ tags, icmp: { type: 13, code: 3 }, payload, padTo: 64, ...fields }));
  };

  test.each([4, 8, 12, 13, 40])('with %d octets of times is answered with three', (length) => {
    jest.spyOn(Date, 'now').mockReturnValue(5 * MS_PER_DAY + 0x0102_0304);
    const { reply: frame, moved } = ask(Uint8Array.from({ length }, (_, i) => originate[i] ?? 0xee));
    expectFrame(frame!)
      .vlan({})
      .ipv4({ source: RESPONDER.address, destination: ISSUER.address, ttl: 64, totalLength: 40 })
      .icmp({ type: 14, code: 0, identifier: 7, sequence: 1 })
      .payload(octets('00010203 01020304 01020304'));
    expect(moved).toMatchObject({ TimestampReplies: 1 });
    expect(moved).not.toHaveProperty('EchoReplies');
  });

  test('with options has them echoed', () => {
    const { reply: frame } = ask(new Uint8Array(12), { ipv4: { options: '94040000 07070400 00000000' } });
    expectFrame(frame!).vlan({}).ipv4({ options: '0707080a 0a0a0b00' }).icmp({ type: 14 });
  });
});
