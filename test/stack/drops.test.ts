import { describe, expect, test } from '@jest/globals';
import { DROPS } from '../../src/drop.js';
import { udpEcho } from '../../src/service/udp-echo.js';
import { buildFrame, type FrameFields, octets, RESPONDER } from '../build-frame.js';
import { Host } from './host.js';
import { igmpFrame } from './igmp-frame.js';

const VID = 42;
const tags = [{ vid: VID }];
const OWN_MAC = RESPONDER.mac;

/** eth0 has no port; eth0.42 is the kernel's and has a second address, eth0.43 is evlnet's own, eth0.44 answers nothing. */
function host(): Host {
  const h = new Host(
    { vid: VID, addresses: ['10.10.10.11/24', '192.168.7.1/30'] },
    { vid: 43, ownsArp: true },
    { vid: 44, responds: false },
  );
  h.stack.port(VID)!.udp.push(udpEcho(7));
  return h;
}

type Case = [name: string, frame: FrameFields | Uint8Array, sends?: number];
const echo = (fields: FrameFields): FrameFields => ({ tags, icmp: {}, payload: 'ping', ...fields });
const ip = (ipv4: FrameFields['ipv4']): FrameFields => echo(ipv4 === undefined ? {} : { ipv4 });
const udp = (fields: FrameFields): FrameFields => ({
  tags,
  udp: { destinationPort: 7 },
  payload: 'echo',
  ...fields,
});
const arp = (fields: FrameFields['arp'], rest: FrameFields = {}): FrameFields => ({
  tags: [{ vid: 43 }],
  arp: fields ?? {},
  ...rest,
});
const cut = (fields: FrameFields, length: number) => buildFrame(fields).slice(0, length);
/** The octets of an ARP packet with one of them changed. */
const spoiled = (at: number, value: number) => {
  const frame = buildFrame(arp({}));
  frame[18 + at] = value;
  return frame;
};

const cases: Record<string, Case[]> = {
  'frame-malformed': [
    ['no octets at all', new Uint8Array(0)],
    ['13 octets', cut(echo({}), 13)],
  ],
  'vlan-malformed': [
    ['a tag cut short', cut(echo({}), 17)],
    ['an inner tag cut short', cut(echo({ tags: [{ vid: 7, tpid: 0x88a8 }, { vid: VID }] }), 21)],
    ['three tags', echo({ tags: [{ vid: 7 }, { vid: 7 }, { vid: VID }] })],
  ],
  'other-host': [
    ["another host's unicast", echo({ destination: '02:fc:00:00:00:ff' })],
    ['the first 16 bits of the MAC address differ', echo({ destination: '02:fe:00:00:00:01' })],
  ],
  'no-port': [
    ['a VID without a port', echo({ tags: [{ vid: 99 }] })],
    ['no tag, and eth0 is no port', echo({ tags: [] })],
    ['QinQ whose outer VID alone has a port', echo({ tags: [{ vid: VID }, { vid: 99 }] })],
  ],
  'not-ipv4': [
    ['IPv6', echo({ ethertype: 0x86dd })],
    ['an 802.3 length', echo({ ethertype: 0x0026 })],
    ["ARP on the kernel's VLAN device", arp({}, { tags })],
  ],
  'arp-malformed': [
    ['27 octets', cut(arp({}), 18 + 27)],
    ['hardware type 6', spoiled(1, 6)],
    ['protocol 0x0801', spoiled(3, 1)],
    ['hardware length 8', spoiled(4, 8)],
    ['protocol length 16', spoiled(5, 16)],
    ['operation 0', arp({ operation: 0 })],
    ['operation 3, RARP', arp({ operation: 3 })],
  ],
  'arp-other-target': [
    ['a request for another host', arp({ targetAddress: '10.10.10.12' })],
    ['a probe for another host', arp({ senderAddress: '0.0.0.0', targetAddress: '10.10.10.12' })],
    ['an announcement', arp({ targetAddress: '10.10.10.10' })],
    ['a reply to us', arp({ operation: 2, target: OWN_MAC })],
    ['a reply to another host', arp({ operation: 2, targetAddress: '10.10.10.12' })],
    ['our own announcement come back', arp({ sender: OWN_MAC, senderAddress: RESPONDER.address })],
    ['our own probe come back', arp({ sender: OWN_MAC, senderAddress: '0.0.0.0' })],
  ],
  'arp-conflict': [
    ['an announcement of our address', arp({ senderAddress: RESPONDER.address })],
    ['a reply that claims it', arp({ operation: 2, senderAddress: RESPONDER.address })],
    [
      'a request from it for another host',
      arp({ senderAddress: RESPONDER.address, targetAddress: '10.10.10.12' }),
    ],
    [
      'a MAC address that differs from ours in its first half',
      arp({ sender: '02:fd:00:00:00:01', senderAddress: RESPONDER.address }),
    ],
  ],
  'ipv4-malformed': [
    ['nothing behind the tag', cut(echo({}), 18)],
    ['19 octets', cut(echo({}), 18 + 19)],
  ],
  'ipv4-bad-version': [
    ['version 6', ip({ version: 6 })],
    ['version 0', ip({ version: 0 })],
  ],
  'ipv4-bad-ihl': [
    ['IHL 4', ip({ ihl: 4 })],
    ['IHL 0', ip({ ihl: 0 })],
    ['IHL beyond the frame', ip({ ihl: 15 })],
  ],
  'ipv4-bad-length': [
    ['total length 19', ip({ totalLength: 19 })],
    ['total length below an IHL of 6', ip({ options: '01010101', totalLength: 20 })],
    ['total length beyond the frame', ip({ totalLength: 33 })],
    ['total length 65535', ip({ totalLength: 65535 })],
  ],
  'ipv4-bad-checksum': [
    ['one off', ip({ checksum: 1 })],
    ['zero', ip({ checksum: 0 })],
    ['with options', ip({ options: '01010101', checksum: 1 })],
  ],
  'ipv4-bad-source': [
    '0.0.0.0',
    '127.0.0.1',
    '127.255.255.254',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    RESPONDER.address,
    '192.168.7.1',
    '10.10.10.255',
    '192.168.7.3',
  ].map((source): Case => [source, ip({ source })]),
  'ipv4-not-local': ['10.10.10.12', '10.10.10.0', '192.168.7.2', '127.0.0.1', '0.0.0.0', '240.0.0.1'].map(
    (destination): Case => [destination, ip({ destination })],
  ),
  'ipv4-bad-options': [
    ['a loose source route', ip({ options: '830b04 0a0a0a0b 0a0a0a0c 00' })],
    ['a strict source route', ip({ options: '890b04 0a0a0a0b 0a0a0a0c 00' })],
    ['an option longer than the header', ip({ options: '0709 0400 00000000' })],
    ['a record route with room for half an entry', ip({ options: '07080400 0000ff00' })],
  ],
  'fragment-malformed': [
    ['without octets', { tags, ipv4: { protocol: 1, fragmentOffset: 3 } }],
    ['beyond 65,535 octets', ip({ fragmentOffset: 8191 })],
  ],
  'ipv4-protocol': [
    ['TCP', ip({ protocol: 6 })],
    ['0', ip({ protocol: 0 })],
    ['255', ip({ protocol: 255 })],
  ],
  'multicast-not-joined': [
    ['an echo request', echo({ ipv4: { destination: '239.1.2.3' }, destination: '01:00:5e:01:02:03' })],
    ['a timestamp request', echo({ ipv4: { destination: '224.0.0.2' }, icmp: { type: 13 } })],
    ['a datagram', udp({ ipv4: { destination: '224.0.0.251' }, destination: '01:00:5e:00:00:fb' })],
    ['in a unicast frame', udp({ ipv4: { destination: '224.0.0.251' } })],
    ['a fragment', ip({ destination: '239.1.2.3', flags: 1 })],
    ['a report of IGMPv3', igmpFrame({ type: 0x22, destination: '224.0.0.22' })],
    ['a leave message', igmpFrame({ type: 0x17, group: '239.1.2.3', destination: '224.0.0.2' })],
  ],
  'igmp-malformed': [
    ['7 octets', igmpFrame({ length: 7 })],
    ['a query about a host', igmpFrame({ group: '10.10.10.11' })],
    ['a report about another group than it is sent to', igmpFrame({ type: 0x16, group: '239.1.2.3' })],
  ],
  'igmp-bad-checksum': [
    ['one off', igmpFrame({ off: 1 })],
    ['octets behind the message that it does not cover', igmpFrame({ more: [2, 125, 0, 0], off: 0x27d })],
  ],
  'igmp-ignored': [
    ['a type that is not known', igmpFrame({ type: 0x99 })],
    ['a report of a group that every host is in', igmpFrame({ type: 0x16, group: '224.0.0.1' })],
    ['a general query to one host', igmpFrame({ destination: '10.10.10.11' })],
  ],
  'icmp-malformed': [
    ['a timestamp request without a time', echo({ icmp: { type: 13 }, payload: 'abc' })],
    ['7 octets', { tags, ipv4: { protocol: 1 }, payload: octets('08 00 f7 ff 00 00 00') }],
    [
      '7 octets and padding',
      { tags, ipv4: { protocol: 1 }, payload: octets('08 00 f7 ff 00 00 00'), padTo: 64 },
    ],
  ],
  'icmp-bad-checksum': [
    ['one off', echo({ icmp: { checksum: 1 } })],
    ['zero', echo({ icmp: { checksum: 0 } })],
    [
      'wrong only in the last octet',
      (() => {
        const frame = buildFrame(echo({ payload: 'odd' }));
        frame[frame.length - 1]! ^= 1;
        return frame;
      })(),
    ],
  ],
  'icmp-not-request': [0, 3, 4, 5, 9, 10, 11, 12, 14, 15, 17, 42, 255]
    .map((type): Case => [`type ${type}`, echo({ icmp: { type } })])
    .concat([['an echo reply where no service runs', echo({ icmp: { type: 0 }, tags: [{ vid: 44 }] })]]),
  'icmp-broadcast': ['255.255.255.255', '10.10.10.255', '192.168.7.3', '224.0.0.1'].flatMap(
    (destination): Case[] => [
      [
        `${destination} in a broadcast frame`,
        echo({ ipv4: { destination }, destination: 'ff:ff:ff:ff:ff:ff' }),
      ],
      [
        `${destination} in a multicast frame`,
        echo({ ipv4: { destination }, destination: '01:00:5e:00:00:01' }),
      ],
      [`${destination} in a unicast frame`, echo({ ipv4: { destination } })],
      [`a timestamp request to ${destination}`, echo({ ipv4: { destination }, icmp: { type: 13 } })],
    ],
  ),
  'icmp-no-service': [
    ['an echo request', echo({ tags: [{ vid: 44 }] })],
    ['a timestamp request', echo({ tags: [{ vid: 44 }], icmp: { type: 13 } })],
  ],
  'udp-malformed': [
    ['7 octets', { tags, ipv4: { protocol: 17 }, payload: octets('00 07 00 07 00 07 00') }],
    ['length 7', udp({ udp: { destinationPort: 7, length: 7 } })],
    ['length beyond the packet', udp({ udp: { destinationPort: 7, length: 13 } })],
    [
      'length beyond the packet, not the padding',
      udp({ udp: { destinationPort: 7, length: 13 }, padTo: 64 }),
    ],
  ],
  'udp-bad-checksum': [['one off', udp({ udp: { destinationPort: 7, checksum: 1 } })]],
  'udp-no-socket': [
    ['another port', udp({ udp: { destinationPort: 8 } })],
    ['no service at all', udp({ tags: [{ vid: 44 }] })],
  ],
  'udp-broadcast': ['255.255.255.255', '10.10.10.255', '224.0.0.1'].map(
    (destination): Case => [destination, udp({ ipv4: { destination }, destination: 'ff:ff:ff:ff:ff:ff' })],
  ),
  'source-unreachable': [
    ['an echo request from a multicast MAC address', echo({ source: '03:fc:00:00:00:02' })],
    ['an echo request from the broadcast address', echo({ source: 'ff:ff:ff:ff:ff:ff' })],
    [
      'an echo request with options',
      echo({ source: '01:00:5e:00:00:01', ipv4: { options: '07070400 00000000' } }),
    ],
    ['a UDP echo request', udp({ source: '03:fc:00:00:00:02' })],
    ['an ARP request', arp({}, { source: '03:fc:00:00:00:02' })],
    ['an ARP request whose sender hardware address is a group', arp({ sender: '03:fc:00:00:00:02' })],
  ],
  'service-refused': [
    ['another echo service', udp({ udp: { sourcePort: 7, destinationPort: 7 } })],
    ['source port 0', udp({ udp: { sourcePort: 0, destinationPort: 7 } })],
  ],
};

describe.each(Object.entries(cases))('%s:', (reason, list) => {
  const h = host();
  test.each(list)('%s', (_name, frame) => {
    const sent = frame instanceof Uint8Array ? frame : buildFrame(frame);
    const { drop, reply } = h.send(sent);
    expect([drop, reply]).toEqual([reason, undefined]);
  });
});

test('the table has every reason that the stack gives, and no other', () => {
  const names = DROPS.map(([name]) => name).slice(1);
  // From here on: what device, loop and hook count, and what takes more fragments than one (reassembly.test.ts).
  const stack = names.slice(0, names.indexOf('tx-ring-full')).concat('arp-conflict', 'multicast-not-joined');
  stack.push(...names.filter((name) => name.startsWith('igmp-')));
  expect(Object.keys(cases).sort()).toEqual(stack.sort());
});
