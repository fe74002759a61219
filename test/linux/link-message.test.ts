import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readAddress } from '../../src/linux/address.js';
import { readLink } from '../../src/linux/link-message.js';
import { attribute, text, u32 } from '../../src/linux/netlink-message.js';

const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const capture = (name: string) => octets(readFileSync(`test/captures/${name}.hex`, 'utf8'));
/** At an odd place of a larger memory, as in the buffer of a socket. */
const read = (message: Uint8Array, length = message.length) => {
  const memory = join(new Uint8Array(20).fill(0xff), message, new Uint8Array(8).fill(0xff));
  return readLink(new DataView(memory.buffer), 20, 20 + length);
};

//                     family, pad, type 1, ifindex 7,  flags,      change
const header = octets('00 00 0100 07000000 43100100 00000000');
const name = attribute(3, text('eth0'));
const KIND = 1;
const CONTENT = 2;
const vlan = (...content: Uint8Array[]) =>
  attribute(18, attribute(KIND, text('vlan')), attribute(0x8000 | CONTENT, ...content));
const id = (n: number) => attribute(1, Uint8Array.of(n & 0xff, n >> 8));

describe('readLink()', () => {
  test('802.1Q device as Linux 6.1 tells it', () => {
    expect(read(capture('rtm-newlink-vlan-42'))).toEqual({
      ifindex: 3,
      ifname: 'eth0.42',
      type: 1,
      mtu: 1500,
      operstate: 'UP',
      flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
      up: true,
      lowerUp: true,
      promiscuity: 0,
      lladdr: '52:54:00:00:00:01',
      broadcast: 'ff:ff:ff:ff:ff:ff',
      link: 2,
      kind: 'vlan',
      vlan: { id: 42, protocol: 0x8100 },
      rxQueues: 1,
      txQueues: 1,
    });
  });

  test('802.1ad device with priority maps as Linux 6.1 tells it', () => {
    expect(read(capture('rtm-newlink-vlan-7-802.1ad'))).toMatchObject({
      ifname: 'sv',
      operstate: 'DOWN',
      flags: ['BROADCAST', 'MULTICAST'],
      vlan: { id: 7, protocol: 0x88a8 },
    });
  });

  const cases: [name: string, have: Uint8Array[], want: object][] = [
    ['no attributes', [], { ifindex: 7, ifname: '', operstate: 'UNKNOWN', rxQueues: 1 }],
    ['a VID of twelve bits', [vlan(id(4094))], { vlan: { id: 4094, protocol: 0x8100 } }],
    [
      'the TPID in network byte order',
      [vlan(id(1), attribute(5, Uint8Array.of(0x88, 0xa8)))],
      { vlan: { id: 1, protocol: 0x88a8 } },
    ],
    ['a driver of its own kind', [attribute(18, attribute(KIND, text('veth')))], { kind: 'veth' }],
    [
      'XDP in the driver',
      [attribute(0x8000 | 43, attribute(2, Uint8Array.of(1)), attribute(4, u32(9)), attribute(5, u32(9)))],
      { xdp: { mode: 'native', progId: 9 } },
    ],
    [
      'XDP after the driver',
      [attribute(43, attribute(2, Uint8Array.of(2)), attribute(4, u32(9)), attribute(6, u32(9)))],
      { xdp: { mode: 'generic', progId: 9 } },
    ],
    [
      'XDP in the device',
      [attribute(43, attribute(2, Uint8Array.of(3)), attribute(7, u32(9)))],
      { xdp: { mode: 'offload', progId: 9 } },
    ],
    [
      'XDP in driver and device',
      [attribute(43, attribute(2, Uint8Array.of(4)), attribute(7, u32(8)), attribute(5, u32(9)))],
      { xdp: { mode: 'native', progId: 9 } },
    ],
    [
      'a peer in another namespace',
      [attribute(5, u32(4)), attribute(37, u32(0))],
      { link: 4, linkNetnsid: 0 },
    ],
    ['an operational state yet unknown', [attribute(16, Uint8Array.of(9))], { operstate: '9' }],
    ['a name without NUL', [attribute(3, Uint8Array.of(0x65, 0x30))], { ifname: 'e0' }],
  ];
  test.each(cases)('%s', (_name, have, want) => expect(read(join(header, ...have))).toMatchObject(want));

  const absent: [name: string, have: Uint8Array[], key: string][] = [
    ['XDP without a program', [attribute(43, attribute(2, Uint8Array.of(0)))], 'xdp'],
    ['a VLAN of which only the kind is told', [attribute(18, attribute(KIND, text('vlan')))], 'vlan'],
    [
      "another kind's first attribute",
      [attribute(18, attribute(KIND, text('macvlan')), attribute(CONTENT, id(8)))],
      'vlan',
    ],
    ['a tunnel bound to no device', [attribute(5, u32(0))], 'link'],
    ['an empty hardware address', [attribute(1)], 'lladdr'],
    ['an attribute too short for its number', [attribute(5, Uint8Array.of(1, 0))], 'link'],
  ];
  test.each(absent)('%s is left out', (_name, have, key) =>
    expect(read(join(header, name, ...have))).not.toHaveProperty(key),
  );

  test('a message cut anywhere is read up to the cut', () => {
    const whole = capture('rtm-newlink-vlan-42');
    expect(read(whole, 15)).toBeUndefined();
    for (let length = 16; length < whole.length; length++) expect(read(whole, length)?.ifindex).toBe(3);
    expect(read(whole, 16 + 12)?.ifname).toBe('eth0.42');
    expect(read(whole, 16 + 11)?.ifname).toBe('');
  });
});

describe('readAddress()', () => {
  const local = attribute(2, Uint8Array.of(10, 10, 10, 11));
  const peer = attribute(1, Uint8Array.of(192, 0, 2, 1));
  const broadcast = attribute(4, Uint8Array.of(255, 255, 255, 255));
  const cases: [name: string, have: Uint8Array, want: object | undefined][] = [
    [
      'an address',
      join(octets('02 18 80 00 05000000'), peer, local, broadcast),
      { ifindex: 5, address: 0x0a0a0a0b, prefix: 24, broadcast: 0xffffffff, scope: 'global' },
    ],
    [
      'no IFA_LOCAL',
      join(octets('02 20 80 fe 05000000'), peer),
      { ifindex: 5, address: 0xc0000201, prefix: 32, scope: 'host' },
    ],
    ['a scope of the administrator', join(octets('02 20 00 07 05000000'), peer), { scope: '7' }],
    ['IPv6', join(octets('0a 40 80 00 05000000'), attribute(1, new Uint8Array(16))), undefined],
    ['no address', octets('02 18 80 00 05000000'), undefined],
    ['nothing', new Uint8Array(0), undefined],
  ];
  test.each(cases)('%s', (_name, have, want) => {
    const found = readAddress(new DataView(have.buffer), 0, have.length);
    if (want === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(want);
    if (want && 'ifindex' in want) expect(Object.keys(found!).sort()).toEqual(Object.keys(want).sort());
  });
});
