// RFC 791 and the IP layer of RFC 1122.
import { expect } from '@jest/globals';
import { buildFrame, type FrameFields, type Ipv4Fields, ISSUER, RESPONDER } from '../../build-frame.js';
import { expectFrame } from '../../expect-frame.js';
import { fragments, joined, messageOf } from '../../fragment.js';
import { Neighbourhood } from '../neighbourhood.js';
import { datagram, SocketHost, VID } from '../sockets.js';
import { of, type Requirement } from './requirement.js';

const rfc791 = of(791);
const rfc1122 = of(1122);
const SECOND = 1e9;
const tags = [{ vid: VID }];
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 13 + (i >> 8)) & 0xff);
const toAll = { destination: 'ff:ff:ff:ff:ff:ff' };
const echo = (ipv4: Ipv4Fields, more: FrameFields = {}) => buildFrame({ tags, icmp: {}, ipv4, ...more });
/** Silently: a reason, no answer, errors on or off. */
const discards = (frame: Uint8Array, reason: string) => {
  for (const icmpErrors of [false, true])
    expect(new SocketHost({ icmpErrors }).send(frame)).toMatchObject({ drop: reason, reply: undefined });
};
const answers = (frame: Uint8Array) => {
  const { reply } = new SocketHost().send(frame);
  expect(reply).toBeDefined();
  return expectFrame(reply!).vlan({});
};
/** What comes back to an echo request of `octets` in fragments of `mtu`. */
const returned = (octets: number, mtu: number, identification = 9) => {
  const message = messageOf(buildFrame({ icmp: {}, payload: noise(octets) }));
  const step = (mtu - 20) & ~7;
  const cuts = Array.from({ length: Math.ceil(message.length / step) - 1 }, (_, i) => step * (i + 1));
  return new SocketHost().exchange(fragments(message, cuts, { tags, identification })).replies;
};

export const IPV4: Requirement[] = [
  rfc791('3.1', 'MUST', 'what follows the total length is no part of the packet', () => {
    answers(echo({}, { payload: 'abc', padTo: 60 }))
      .ipv4({ totalLength: 31 })
      .icmp({})
      .payload('abc');
  }),
  rfc791('3.1', 'MUST', 'a packet of 576 octets is accepted, whole or in fragments', () => {
    answers(echo({}, { payload: noise(548) })).ipv4({ totalLength: 576 });
    expectFrame(joined(returned(548, 68)))
      .vlan({})
      .ipv4({ totalLength: 576 })
      .icmp({})
      .payload(noise(548));
  }),
  rfc791('3.1', 'MUST', 'what must not be fragmented is not', () => {
    const { frames } = new SocketHost().socket().send(noise(1472), ISSUER.address);
    expect(frames).toHaveLength(1);
    expectFrame(frames[0]!).vlan({}).ipv4({ dontFragment: true, totalLength: 1500 });
  }),
  rfc791('3.2', 'MUST', 'fragments begin at multiples of eight and fill the MTU', () => {
    const { frames } = new SocketHost({ mtu: 1006 }).socket().send(noise(3000), ISSUER.address);
    expect(frames.map((frame) => frame.length - 18)).toEqual([1004, 1004, 1004, 76]);
    expectFrame(joined(frames)).vlan({}).ipv4({ totalLength: 3028 }).udp({}).payload(noise(3000));
  }),
  rfc791(
    '3.2',
    'MUST',
    'the octets of fragments are told apart by source, destination, protocol, identification',
    () => {
      const message = messageOf(buildFrame({ icmp: {}, payload: noise(992) }));
      const others: Ipv4Fields[] = [{ source: '10.10.10.9' }, { identification: 8 }, { protocol: 17 }];
      for (const other of others) {
        const [first] = fragments(message, [504], { tags });
        const [, second] = fragments(message, [504], { tags, ...other });
        expect(new SocketHost().exchange([first!, second!]).replies).toEqual([]);
      }
    },
  ),
  rfc1122('3.2.1.1', 'MUST', 'a version other than 4 is discarded silently', () => {
    for (const version of [0, 5, 6, 15]) discards(echo({ version }), 'ipv4-bad-version');
  }),
  rfc1122('3.2.1.2', 'MUST', 'the header checksum is verified; a wrong one is discarded silently', () => {
    discards(echo({ checksum: 0x1234 }), 'ipv4-bad-checksum');
  }),
  rfc1122('3.2.1.3', 'MUST', 'what is for another host is discarded silently', () => {
    for (const destination of ['10.10.10.12', '10.10.11.11', '192.0.2.1'])
      discards(echo({ destination }), 'ipv4-not-local');
  }),
  rfc1122('3.2.1.3', 'MUST', 'a source that is no host is discarded silently', () => {
    const sources = [
      '0.0.0.0',
      '255.255.255.255',
      '10.10.10.255',
      '224.0.0.1',
      '127.0.0.1',
      RESPONDER.address,
    ];
    for (const source of sources) discards(echo({ source }), 'ipv4-bad-source');
  }),
  rfc1122('3.2.1.3', 'MUST', 'what is sent has an address of the host as its source', () => {
    const { frames } = new SocketHost().socket().send(noise(1), ISSUER.address);
    expectFrame(frames[0]!).vlan({}).ipv4({ source: RESPONDER.address });
    answers(echo({})).ipv4({ source: RESPONDER.address });
  }),
  rfc1122('3.2.1.3', 'MUST', 'broadcasts to the subnet and to all are recognized', () => {
    for (const destination of ['10.10.10.255', '255.255.255.255']) {
      const host = new SocketHost();
      const socket = host.socket();
      host.send(datagram('x', { ...toAll, ipv4: { destination } }));
      expect(socket.count).toBe(1);
    }
  }),
  rfc1122('3.2.1.6', 'MUST', 'the application can set the TOS', () => {
    const socket = new SocketHost().socket();
    socket.page.tos = 0xb8;
    for (const octets of [9, 3000])
      for (const frame of socket.send(noise(octets), ISSUER.address).frames)
        expectFrame(frame).vlan({}).ipv4({ tos: 0xb8 });
  }),
  rfc1122('3.2.1.7', 'MUST NOT', 'a packet is discarded for its TTL', () => {
    for (const ttl of [0, 1]) answers(echo({ ttl }));
  }),
  rfc1122('3.2.1.7', 'MUST', 'the application can set the TTL; it is fixed otherwise, 64', () => {
    const socket = new SocketHost().socket();
    const ttl = (want: number) =>
      expectFrame(socket.send(noise(1), ISSUER.address).frames[0]!)
        .vlan({})
        .ipv4({ ttl: want });
    ttl(64);
    socket.page.ttl = 3;
    ttl(3);
  }),
  rfc1122('3.2.1.8', 'MUST', 'options that are not understood are ignored', () => {
    for (const options of ['8204ab12', '0a040900', '94040000', '01010101', '00000000']) {
      const host = new SocketHost();
      const socket = host.socket();
      host.send(datagram('x', { ipv4: { options } }));
      expect(socket.count).toBe(1);
    }
  }),
  rfc1122('3.3.1.1', 'MUST', 'the mask tells what is on the link', () => {
    const n = new Neighbourhood({}, [{ network: '0.0.0.0', prefix: 0, gateway: '10.10.10.1' }]);
    n.send('10.10.10.77', 1);
    n.send('10.10.11.77', 2);
    expect(n.sent()).toEqual([
      'who-has 10.10.10.77 to all from 10.10.10.11',
      'who-has 10.10.10.1 to all from 10.10.10.11',
    ]);
  }),
  rfc1122('3.3.2', 'MUST', 'packets are put together, of any length', () => {
    for (const octets of [1473, 9000, 65_507])
      expectFrame(joined(returned(octets, 1500)))
        .vlan({})
        .ipv4({})
        .icmp({ type: 0 })
        .payload(noise(octets));
  }),
  rfc1122(
    '3.3.2',
    'MUST',
    'what was not whole in time is discarded, and its sender told where ICMP errors are on',
    () => {
      const message = messageOf(buildFrame({ icmp: {}, payload: noise(992) }));
      const [first] = fragments(message, [504], { tags });
      for (const icmpErrors of [true, false]) {
        const host = new SocketHost({ icmpErrors });
        host.exchange([first!]);
        const told = host.pass(30 * SECOND);
        expect(told).toHaveLength(icmpErrors ? 1 : 0);
        if (icmpErrors) expectFrame(told[0]!).vlan({}).ipv4({}).icmp({ type: 11, code: 1 });
      }
    },
  ),
  rfc1122('3.3.3', 'MAY', 'what is longer than the MTU is sent in fragments', () => {
    expect(new SocketHost().socket().send(noise(65_507), ISSUER.address).frames).toHaveLength(45);
  }),
  rfc1122('3.3.6', 'MUST', 'a broadcast is sent to the link’s broadcast address', () => {
    const socket = new SocketHost().socket();
    socket.page.mayBroadcast = true;
    expectFrame(socket.send(noise(1), '10.10.10.255').frames[0]!).ethernet(toAll);
  }),
];
