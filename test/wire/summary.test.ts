import { expect, test } from '@jest/globals';
import { summary } from '../../src/wire/summary.js';
import { buildFrame, type FrameFields } from '../build-frame.js';

const of = (frame: Uint8Array) => summary(new DataView(frame.buffer, frame.byteOffset), 0, frame.length);

const cases: [fields: FrameFields, want: string][] = [
  [{ icmp: {} }, '10.10.10.10 > 10.10.10.11 ICMP echo request id 7 seq 1'],
  [{ icmp: { type: 0, sequence: 9 } }, '10.10.10.10 > 10.10.10.11 ICMP echo reply id 7 seq 9'],
  [{ icmp: { type: 3, code: 3 } }, '10.10.10.10 > 10.10.10.11 ICMP port unreachable'],
  [
    { icmp: { type: 3, code: 4, sequence: 1400 } },
    '10.10.10.10 > 10.10.10.11 ICMP fragmentation needed, mtu 1400',
  ],
  [{ icmp: { type: 11, code: 1 } }, '10.10.10.10 > 10.10.10.11 ICMP time exceeded in reassembly'],
  [{ icmp: { type: 14 } }, '10.10.10.10 > 10.10.10.11 ICMP timestamp reply id 7 seq 1'],
  [{ icmp: { type: 3, code: 99 } }, '10.10.10.10 > 10.10.10.11 ICMP type 3 code 99'],
  [{ tags: [{ vid: 42 }], udp: {} }, 'vid 42 10.10.10.10.40000 > 10.10.10.11.42042 UDP, 8 octets'],
  [
    { tags: [{ vid: 7, tpid: 0x88a8 }, { vid: 42 }], icmp: {} },
    'vid 7.42 10.10.10.10 > 10.10.10.11 ICMP echo request id 7 seq 1',
  ],
  [
    { ipv4: { protocol: 6 }, payload: Uint8Array.of(0, 80, 0, 81) },
    '10.10.10.10.80 > 10.10.10.11.81 TCP, 4 octets',
  ],
  [{ ipv4: { protocol: 89 } }, '10.10.10.10 > 10.10.10.11 protocol 89, 0 octets'],
  [
    { ipv4: { protocol: 17, flags: 1 }, payload: new Uint8Array(8) },
    '10.10.10.10.0 > 10.10.10.11.0 UDP, 8 octets, first fragment',
  ],
  [
    { ipv4: { protocol: 17, fragmentOffset: 3 }, payload: 'abcd' },
    '10.10.10.10 > 10.10.10.11 UDP fragment at 24',
  ],
  [{ ipv4: { protocol: 17 } }, '10.10.10.10 > 10.10.10.11 UDP, 0 octets'],
  [{ ipv4: { checksum: 1 } }, 'IPv4, 20 octets, ipv4-bad-checksum'],
  [{ arp: {} }, 'ARP who has 10.10.10.11, tell 10.10.10.10'],
  [{ arp: { operation: 2 } }, 'ARP 10.10.10.10 is at 02:fc:00:00:00:02'],
  [{ ethertype: 0x88a4, payload: 'abc' }, '02:fc:00:00:00:02 > 02:fc:00:00:00:01 EtherCAT, 3 octets'],
  [{ ethertype: 0x1234, payload: 'abc' }, '02:fc:00:00:00:02 > 02:fc:00:00:00:01 ethertype 0x1234, 3 octets'],
];
test.each(cases)('%j', (fields, want) => {
  expect(of(buildFrame(fields))).toBe(want);
});

test('a frame that ends anywhere is told, or told to be short', () => {
  const whole = buildFrame({ tags: [{ vid: 7 }, { vid: 42 }], icmp: {}, payload: 'abcdefgh' });
  for (let length = 0; length < whole.length; length++) expect(of(whole.slice(0, length))).not.toBe('');
  expect(of(whole.slice(0, 13))).toBe('13 octets, frame-malformed');
});
