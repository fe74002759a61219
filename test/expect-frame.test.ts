import { describe, expect, test } from '@jest/globals';
import { buildFrame } from './build-frame.js';
import { expectFrame } from './expect-frame.js';

const ECHO = buildFrame({
  tags: [{ vid: 42, pcp: 3 }],
  ipv4: { options: '01010101' },
  icmp: {},
  payload: 'abcd',
  padTo: 64,
});
const UDP = buildFrame({ udp: {}, payload: 'abcd', padTo: 60 });

test('a frame that is as told passes, padding and all', () => {
  expectFrame(ECHO)
    .ethernet({
      destination: '02:fc:00:00:00:01',
      source: '02:fc:00:00:00:02',
      ethertype: 0x8100,
      length: 64,
    })
    .vlan({ vid: 42, pcp: 3, dei: false, tpid: 0x8100 })
    .ipv4({
      source: '10.10.10.10',
      destination: '10.10.10.11',
      ttl: 64,
      tos: 0,
      totalLength: 36,
      protocol: 1,
      dontFragment: false,
      options: '01 01 01 01',
    })
    .icmp({ type: 8, code: 0, identifier: 7, sequence: 1 })
    .payload('abcd');
  expectFrame(UDP)
    .ipv4({ identification: 0x1234 })
    .udp({ sourcePort: 40000, destinationPort: 42042, length: 12 })
    .payload('abcd');
  expectFrame(buildFrame({ arp: {} })).arp({
    operation: 1,
    sender: '02:fc:00:00:00:02',
    targetAddress: '10.10.10.11',
  });
  expectFrame(buildFrame({ udp: { checksum: 0 } }))
    .ipv4({})
    .udp({});
});

describe('what is not as told is named', () => {
  const vlan = () => expectFrame(ECHO).vlan({});
  test.each<[name: string, act: () => unknown]>([
    ['ethernet source: want x, have 02:fc:00:00:00:02', () => expectFrame(ECHO).ethernet({ source: 'x' })],
    ['vlan vid: want 43, have 42', () => expectFrame(ECHO).vlan({ vid: 43 })],
    ['vlan pcp: want 0, have 3', () => expectFrame(ECHO).vlan({ pcp: 0 })],
    ['want ipv4, have vlan', () => expectFrame(ECHO).ipv4({})],
    ['want vlan, have ipv4', () => vlan().vlan({})],
    ['ipv4 ttl: want 63, have 64', () => vlan().ipv4({ ttl: 63 })],
    ['ipv4 options: want , have 01010101', () => vlan().ipv4({ options: '' })],
    ['ipv4 checksum is wrong', () => expectFrame(buildFrame({ ipv4: { checksum: 1 } })).ipv4({})],
    [
      'ipv4: header 20 and total length 99',
      () => expectFrame(buildFrame({ ipv4: { totalLength: 99 } })).ipv4({}),
    ],
    ['want udp, have icmp', () => vlan().ipv4({}).udp({})],
    ['icmp type: want 0, have 8', () => vlan().ipv4({}).icmp({ type: 0 })],
    [
      'icmp checksum is wrong',
      () =>
        expectFrame(buildFrame({ icmp: { checksum: 1 } }))
          .ipv4({})
          .icmp({}),
    ],
    [
      'want icmp, have a fragment',
      () =>
        expectFrame(buildFrame({ ipv4: { flags: 1 }, icmp: {} }))
          .ipv4({})
          .icmp({}),
    ],
    [
      'payload: want 61626364ff',
      () =>
        vlan()
          .ipv4({})
          .icmp({})
          .payload(Uint8Array.of(0x61, 0x62, 0x63, 0x64, 0xff)),
    ],
    [
      'udp checksum is wrong',
      () =>
        expectFrame(buildFrame({ udp: { checksum: 1 } }))
          .ipv4({})
          .udp({}),
    ],
    [
      'udp: length 99 in 8 octets',
      () =>
        expectFrame(buildFrame({ udp: { length: 99 } }))
          .ipv4({})
          .udp({}),
    ],
    ['arp operation: want 2, have 1', () => expectFrame(buildFrame({ arp: {} })).arp({ operation: 2 })],
    ['arp is cut short', () => expectFrame(buildFrame({ ethertype: 0x0806, payload: 'abc' })).arp({})],
    ['frame has 3 octets', () => expectFrame(Uint8Array.of(1, 2, 3))],
  ])('%s', (message, act) => {
    expect(act).toThrow(message);
  });

  test('with the frame printed', () => {
    expect(() => expectFrame(ECHO).vlan({ vid: 43 })).toThrow(
      /vlan tpid 0x8100 vid 42 pcp 3 .*\n.*\nicmp type 8 .*\n0000 {2}02 fc 00/,
    );
  });
});
