// The cases of packetimpact, gVisor's conformance tests of a host (google/gvisor, test/packetimpact/tests), as far as they are about UDP,
// IPv4 and ICMP, against the stack in memory: the list is theirs, the tests are ours. What Linux itself says is asked in test/reference.
import { describe, expect, test } from '@jest/globals';
import { buildFrame, ISSUER, RESPONDER } from '../build-frame.js';
import { expectFrame } from '../expect-frame.js';
import { fragment, fragments, isFragment, joined, messageOf } from '../fragment.js';
import { CONNECTED, datagram, PEER_PORT, SocketHost, UDP_PORT, VID } from './sockets.js';

const ECONNREFUSED = 111;
const SECOND = 1e9;
const tags = [{ vid: VID }];
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 13 + (i >> 8)) & 0xff);
const parse = (address: string) => address.split('.').reduce((n, octet) => n * 256 + Number(octet), 0);
const toAll = { destination: 'ff:ff:ff:ff:ff:ff' };
const PAYLOADS: [name: string, payload: Uint8Array][] = [
  ['nothing', noise(0)],
  ['a few octets', noise(11)],
  ['1 KiB', noise(1024)],
];

describe('udp_discard_mcast_source_addr: a datagram from', () => {
  test.each(['224.0.0.1', '224.0.0.2', '224.0.1.42', '232.1.2.3'])('%s', (source) => {
    const host = new SocketHost();
    const socket = host.socket({ address: parse(RESPONDER.address) });
    expect(host.send(datagram('x', { ipv4: { source } })).drop).toBe('ipv4-bad-source');
    expect(socket.count).toBe(0);
  });
});

describe('udp_any_addr_recv_unicast, udp_recv_mcast_bcast, udp_send_recv_dgram: a socket bound to', () => {
  const [all, subnet, own] = ['255.255.255.255', '10.10.10.255', RESPONDER.address];
  test.each<[bound: string, to: string, comes: boolean]>([
    ['0.0.0.0', own, true],
    ['0.0.0.0', subnet, true],
    ['0.0.0.0', all, true],
    [subnet, subnet, true],
    [subnet, own, false],
    [all, all, true],
    [all, subnet, false],
    [own, own, true],
    [own, subnet, false],
    [own, all, false],
  ])('%s, sent to %s: %s', (bound, to, comes) => {
    for (const slot of [-1, VID])
      for (const [, payload] of PAYLOADS) {
        const host = new SocketHost();
        const socket = host.socket({ address: parse(bound), slot });
        const group = to === own ? {} : toAll;
        const { drop } = host.send(datagram(payload, { ipv4: { destination: to }, ...group }));
        expect(socket.receive()).toEqual(comes ? payload : undefined);
        expect(drop).toBe(comes ? undefined : 'udp-no-socket');
      }
  });

  test('another port', () => {
    const host = new SocketHost();
    host.socket({ slot: VID + 1 });
    expect(host.send(datagram('x')).drop).toBe('udp-no-socket');
  });
});

describe('udp_send_recv_dgram, udp_empty_send: what a socket sends', () => {
  test.each(PAYLOADS)('%s', (_name, payload) => {
    for (const [binding, to] of [
      [{}, ISSUER.address],
      [{ slot: VID }, ISSUER.address],
      [{ address: parse(RESPONDER.address) }, ISSUER.address],
      [CONNECTED, undefined],
      [CONNECTED, ISSUER.address],
    ] as const) {
      const { errno, frames } = new SocketHost().socket(binding).send(payload, to);
      expect([errno, frames.length]).toEqual([0, 1]);
      expectFrame(frames[0]!)
        .ethernet({ source: RESPONDER.mac, destination: ISSUER.mac })
        .vlan({ vid: VID })
        .ipv4({ source: RESPONDER.address, destination: ISSUER.address, ttl: 64 })
        .udp({ sourcePort: UDP_PORT, destinationPort: PEER_PORT, length: 8 + payload.length })
        .payload(payload);
    }
  });

  test('to all, only where that is allowed', () => {
    const socket = new SocketHost().socket();
    expect(socket.send(noise(4), '10.10.10.255')).toEqual({ errno: 13, frames: [] });
    socket.page.mayBroadcast = true;
    const { errno, frames } = socket.send(noise(4), '10.10.10.255');
    expect(errno).toBe(0);
    expectFrame(frames[0]!).ethernet(toAll).vlan({}).ipv4({ destination: '10.10.10.255' });
  });

  test('to nobody, where it is not connected', () => {
    expect(new SocketHost().socket().send(noise(4))).toEqual({ errno: 89, frames: [] });
  });
});

describe('udp_icmp_error_propagation: of an error about its datagram', () => {
  test.each<[name: string, isConnected: boolean, type: number, code: number, errno: number]>([
    ['a connected socket learns that the port is unreachable', true, 3, 3, ECONNREFUSED],
    ['a connected socket does not learn that the TTL was exceeded', true, 11, 0, 0],
    ['one that is not connected does not learn that the port is unreachable', false, 3, 3, 0],
    ['one that is not connected does not learn that the TTL was exceeded', false, 11, 0, 0],
  ])('%s; others learn nothing', (_name, isConnected, type, code, errno) => {
    const host = new SocketHost();
    const socket = host.socket(isConnected ? CONNECTED : {});
    const clean = host.socket({ ...(isConnected ? CONNECTED : {}), udpPort: UDP_PORT + 1 });
    const [own] = socket.send(noise(0), ISSUER.address).frames;
    const message = { type, code, identifier: 0, sequence: 0 };
    const { moved } = host.exchange([buildFrame({ tags, icmp: message, payload: own!.subarray(18) })]);
    expect(moved).toMatchObject(errno === 0 ? { 'icmp-not-request': 1 } : { IcmpMessages: 1 });
    expect([socket.page.takeFault(), clean.page.takeFault()]).toEqual([errno, 0]);
    // Told once; both go on as before.
    expect(socket.page.takeFault()).toBe(0);
    for (const s of [socket, clean]) expect(s.send(noise(3), ISSUER.address).frames).toHaveLength(1);
    host.send(datagram('again'));
    expect(Buffer.from(socket.receive()!).toString()).toBe('again');
  });
});

describe('udp_port_unreachable, ipv4_ip_icmp', () => {
  const host = new SocketHost({ icmpErrors: true });
  const answer = (frame: Uint8Array) => {
    host.now += SECOND;
    return host.exchange([frame]).replies;
  };
  const sequence = 'icmp: with 8 octets';

  test('a port that nobody serves, with the datagram in the answer', () => {
    const frame = datagram('x', { udp: { destinationPort: 9 } });
    expectFrame(answer(frame)[0]!).vlan({}).ipv4({}).icmp({ type: 3, code: 3 }).payload(frame.slice(18));
  });

  test('a protocol that nobody speaks', () => {
    const frame = buildFrame({ tags, ipv4: { protocol: 99 }, payload: sequence });
    expectFrame(answer(frame)[0]!).vlan({}).ipv4({}).icmp({ type: 3, code: 2 }).payload(frame.slice(18));
  });

  test.each([0, 1, 2, 255])('an echo request of TTL %d is answered', (ttl) => {
    expectFrame(answer(buildFrame({ tags, icmp: {}, ipv4: { ttl } }))[0]!)
      .vlan({})
      .ipv4({ ttl: 64 });
  });

  test.each([
    ['a wrong header checksum', { checksum: 1 }],
    ['a header of 4 words', { ihl: 4 }],
    ['a header of 15 words, beyond the packet', { ihl: 15 }],
    ['a total length of 0', { totalLength: 0 }],
    ['a total length shorter than the header', { totalLength: 19 }],
    ['a total length that cuts the ICMP header', { totalLength: 27 }],
    ['a total length beyond the frame', { totalLength: 29 }],
    ['version 6', { version: 6 }],
    ['a strict source route', { options: '89070400 00000000' }],
    ['a loose source route', { options: '83070400 00000000' }],
  ])('an echo request with %s is not', (_name, ipv4) => {
    expect(answer(buildFrame({ tags, icmp: {}, ipv4 }))).toEqual([]);
  });

  // RFC 1122 §3.2.2.5; the octets are those that Linux names.
  test.each<[name: string, options: string, pointer: number]>([
    ['an option without a length', '01010144', 23],
    ['an option of length 0', '44000900 01020304', 20],
    ['an option of length 1', '44010900 01020304', 20],
    ['an option beyond the header', '44090900 01020304', 20],
    ['a timestamp option that is full', '440c0df1 c0a8010c 01020304', 23],
    ['a timestamp option whose pointer is 0', '44080000 00000000', 22],
    ['a timestamp option whose pointer is 4', '44080400 00000000', 22],
  ])('of %s its sender is told where it is wrong', (_name, options, pointer) => {
    const [reply] = answer(buildFrame({ tags, icmp: {}, ipv4: { options } }));
    expectFrame(reply!)
      .vlan({})
      .ipv4({})
      .icmp({ type: 12, code: 0, identifier: pointer << 8 });
  });

  // What Linux's icmp_pointers take for errors, net/ipv4/icmp.c, and what is beyond them.
  test.each<[types: number[], count: number]>([
    [[0, 8, 13, 14, 15, 16, 17, 18], 1],
    [[1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 19, 40, 255], 0],
  ])('wrong options in front of ICMP of types %j: %d errors are sent about it', (types, count) => {
    for (const type of types)
      expect([
        type,
        answer(buildFrame({ tags, icmp: { type }, ipv4: { options: '07020000' } })).length,
      ]).toEqual([type, count]);
  });
});

describe('icmpv4_socket_send_recv: an echo request of', () => {
  test.each(PAYLOADS)('%s', (_name, payload) => {
    const host = new SocketHost();
    const { reply } = host.send(buildFrame({ tags, icmp: { identifier: 7, sequence: 9 }, payload }));
    expectFrame(reply!).vlan({}).ipv4({}).icmp({ type: 0, identifier: 7, sequence: 9 }).payload(payload);
  });
});

describe('ipv4_fragment_reassembly, ip_reassembly', () => {
  const message = messageOf(buildFrame({ icmp: {}, payload: noise(2992) }));
  let identification = 5;

  test.each<[name: string, ranges: [number, number][], isAnswered: boolean]>([
    [
      'in order',
      [
        [0, 1000],
        [1000, 2000],
        [2000, 3000],
      ],
      true,
    ],
    [
      'out of order',
      [
        [2000, 3000],
        [0, 1000],
        [1000, 2000],
      ],
      true,
    ],
    [
      'one twice',
      [
        [0, 1000],
        [1000, 2000],
        [1000, 2000],
        [2000, 3000],
      ],
      true,
    ],
    [
      'a part of what is there',
      [
        [0, 1000],
        [1000, 2000],
        [512, 768],
        [2000, 3000],
      ],
      true,
    ],
    [
      'an overlap',
      [
        [0, 1000],
        [1512, 2512],
        [1000, 2000],
        [2000, 3000],
      ],
      false,
    ],
  ])('%s', (_name, ranges, isAnswered) => {
    identification++;
    const { replies } = new SocketHost().exchange(
      ranges.map(([offset, end]) => {
        const payload = message.subarray(offset, end);
        return fragment({ tags, identification, offset, payload, isLast: end === 3000 });
      }),
    );
    if (isAnswered) expectFrame(joined(replies)).vlan({}).ipv4({}).icmp({ type: 0 }).payload(noise(2992));
    else expect(replies).toEqual([]);
  });
});

describe('ipv4_fragment_icmp_error: after 30 seconds', () => {
  const message = messageOf(buildFrame({ icmp: {}, payload: noise(20) }));
  const [first, second] = fragments(message, [16], { tags });
  const behind = fragment({ tags, offset: 24, payload: message.subarray(16), isLast: true });

  test.each<[name: string, frames: Uint8Array[], isTold: boolean]>([
    ['of the first alone its sender is told', [first!], true],
    ['of the second alone nobody is told', [second!], false],
    ['of two with a gap', [first!, behind], true],
    ['of two with a gap, in reverse', [behind, first!], true],
  ])('%s', (_name, frames, isTold) => {
    const host = new SocketHost({ icmpErrors: true });
    expect(host.exchange(frames).replies).toEqual([]);
    expect(host.pass(30 * SECOND - 1)).toEqual([]);
    const told = host.pass(1);
    expect(told).toHaveLength(isTold ? 1 : 0);
    if (isTold)
      expectFrame(told[0]!)
        .vlan({})
        .ipv4({ source: RESPONDER.address, destination: ISSUER.address })
        .icmp({ type: 11, code: 1 })
        .payload(first!.slice(18));
  });
});

describe('ipv4_id_uniqueness (RFC 6864 §4.2)', () => {
  test('a copy of a datagram that is cut has another identification; one that may not be cut has DF', () => {
    const socket = new SocketHost().socket();
    const identifications = [1, 2, 3].map(() => {
      const { frames } = socket.send(noise(3000), ISSUER.address);
      expect(frames.every(isFragment)).toBe(true);
      return [...new Set(frames.map((frame) => frame[22]! * 256 + frame[23]!))];
    });
    expect(identifications.map((ids) => ids.length)).toEqual([1, 1, 1]);
    expect(new Set(identifications.flat()).size).toBe(3);
    expectFrame(socket.send(noise(9), ISSUER.address).frames[0]!)
      .vlan({})
      .ipv4({ dontFragment: true });
  });
});
