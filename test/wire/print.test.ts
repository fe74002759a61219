import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dump, headers, print } from '../../src/wire/print.js';
import { buildFrame, octets } from '../build-frame.js';
import { place } from './place.js';

const linesOf = (frame: Uint8Array): string[] => {
  const { view, at, end } = place(frame);
  return headers(view, at, end);
};

describe('headers() says', () => {
  const ether = 'ethernet 02:fc:00:00:00:02 > 02:fc:00:00:00:01 ethertype';
  const packet = 'ipv4 10.10.10.10 > 10.10.10.11';
  const rest = 'ttl 64 tos 0x00 id 4660';
  test.each<{ name: string; frame: Uint8Array; want: string[] }>([
    {
      name: 'an echo request over VLAN 42',
      frame: buildFrame({
        tags: [{ vid: 42, pcp: 5, dei: true }],
        ipv4: { flags: 2, tos: 0xb8 },
        icmp: {},
        payload: 'abcd',
      }),
      want: [
        `${ether} 0x8100 length 50`,
        'vlan tpid 0x8100 vid 42 pcp 5 dei ethertype 0x0800',
        `${packet} protocol 1 ttl 64 tos 0xb8 id 4660 df header 20 length 32`,
        'icmp type 8 code 0 id 7 seq 1 payload 4',
      ],
    },
    {
      name: 'both tags of QinQ',
      frame: buildFrame({ tags: [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }], ethertype: 0x88a4 }),
      want: [
        `${ether} 0x88a8 length 22`,
        'vlan tpid 0x88a8 vid 7 pcp 0 ethertype 0x8100',
        'vlan tpid 0x8100 vid 42 pcp 0 ethertype 0x88a4',
      ],
    },
    {
      name: 'a datagram',
      frame: buildFrame({ udp: {}, payload: 'abcd' }),
      want: [
        `${ether} 0x0800 length 46`,
        `${packet} protocol 17 ${rest} header 20 length 32`,
        'udp 40000 > 42042 length 12',
      ],
    },
    {
      name: 'ARP',
      frame: buildFrame({ arp: {} }),
      want: [
        `${ether} 0x0806 length 42`,
        'arp request 10.10.10.10 (02:fc:00:00:00:02) > 10.10.10.11 (00:00:00:00:00:00)',
      ],
    },
    {
      name: 'a first fragment, whose checksum is not its own',
      frame: buildFrame({ ipv4: { flags: 1 }, icmp: { checksum: 1 } }),
      want: [
        `${ether} 0x0800 length 42`,
        `${packet} protocol 1 ${rest} offset 0+ header 20 length 28`,
        'icmp type 8 code 0 id 7 seq 1 payload 0',
      ],
    },
    {
      name: 'a last fragment',
      frame: buildFrame({ ipv4: { fragmentOffset: 185 }, icmp: {} }),
      want: [`${ether} 0x0800 length 42`, `${packet} protocol 1 ${rest} offset 1480 header 20 length 28`],
    },
    {
      name: 'a wrong ICMP checksum',
      frame: buildFrame({ icmp: { checksum: 1 } }),
      want: [
        `${ether} 0x0800 length 42`,
        `${packet} protocol 1 ${rest} header 20 length 28`,
        'icmp type 8 code 0 id 7 seq 1 payload 0 *** icmp-bad-checksum',
      ],
    },
    {
      name: 'a wrong header checksum',
      frame: buildFrame({ ipv4: { checksum: 1 } }),
      want: [`${ether} 0x0800 length 34`, 'ipv4 20 octets *** ipv4-bad-checksum'],
    },
    {
      name: 'an ICMP header cut short',
      frame: buildFrame({ ipv4: { protocol: 1 }, payload: 'abc' }),
      want: [
        `${ether} 0x0800 length 37`,
        `${packet} protocol 1 ${rest} header 20 length 23`,
        'icmp 3 octets *** icmp-malformed',
      ],
    },
    {
      name: 'a UDP header cut short',
      frame: buildFrame({ ipv4: { protocol: 17 }, payload: 'abc' }),
      want: [
        `${ether} 0x0800 length 37`,
        `${packet} protocol 17 ${rest} header 20 length 23`,
        'udp 3 octets *** udp-malformed',
      ],
    },
    {
      name: 'broken ARP',
      frame: buildFrame({ ethertype: 0x0806, payload: 'arp?' }),
      want: [`${ether} 0x0806 length 18`, 'arp 4 octets *** arp-malformed'],
    },
    {
      name: 'a tag cut short',
      frame: buildFrame({ ethertype: 0x8100, payload: 'abc' }),
      want: [`${ether} 0x8100 length 17`, 'vlan 3 octets *** vlan-malformed'],
    },
    { name: 'too little', frame: octets('0102'), want: ['ethernet 2 octets *** frame-malformed'] },
  ])('$name', ({ frame, want }) => {
    expect(linesOf(frame)).toEqual(want);
  });
});

test('dump() writes 16 octets a line with their offset', () => {
  const { view, at, end } = place(
    Uint8Array.from({ length: 34 }, (_, i) => i * 7),
    1,
  );
  expect(dump(view, at, end)).toEqual([
    '0000  00 07 0e 15 1c 23 2a 31 38 3f 46 4d 54 5b 62 69',
    '0010  70 77 7e 85 8c 93 9a a1 a8 af b6 bd c4 cb d2 d9',
    '0020  e0 e7',
  ]);
});

test('print() is headers and dump', () => {
  const { view, at, end } = place(buildFrame({ icmp: {} }));
  expect(print(view, at, end)).toBe([...headers(view, at, end), ...dump(view, at, end)].join('\n'));
});

test('print() takes any octets', () => {
  const start = fc.constantFrom(
    '',
    '8100',
    '810000648100002a0800',
    '0800',
    '080045000040',
    '0806',
    '080046000020',
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 60, size: 'max' }), (head, rest) => {
      const { view, at, end } = place([...octets(`${'02'.repeat(12)}${head}`), ...rest]);
      // The octets begin where the buffer's own noise ends, so reading beyond them would show in the text.
      expect(print(view, at, end)).toBe(print(new DataView(view.buffer.slice(at, end)), 0, end - at));
    }),
  );
});
