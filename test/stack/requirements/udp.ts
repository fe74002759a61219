// RFC 768 and UDP in RFC 1122.
import { expect } from '@jest/globals';
import { Message } from '../../../src/memory/message-ring.js';
import { parseIpv4 } from '../../../src/wire/address.js';
import { ISSUER, RESPONDER, type UdpFields } from '../../build-frame.js';
import { expectFrame } from '../../expect-frame.js';
import { datagram, PEER_PORT, SocketHost, UDP_PORT } from '../sockets.js';
import { of, type Requirement } from './requirement.js';

const rfc768 = of(768);
const rfc1122 = of(1122);

/** Whether a datagram reaches a socket, and why not. */
function comes(udp: UdpFields, payload = 'payload') {
  const host = new SocketHost();
  const socket = host.socket();
  const { drop } = host.send(datagram(payload, { udp }));
  expect(socket.count).toBe(drop === undefined ? 1 : 0);
  return drop ?? Buffer.from(socket.receive()!).toString();
}

/** A datagram whose sum is zero: as many octets as it takes to find one. */
function zeroSum(): Uint8Array {
  const socket = new SocketHost().socket();
  const [frame] = socket.send(Uint8Array.of(0, 0), ISSUER.address).frames;
  return frame!.slice(44, 46);
}

export const UDP: Requirement[] = [
  rfc768('length', 'MUST', 'a length below 8 or beyond the packet is no datagram', () => {
    for (const length of [0, 7, 16, 0xffff]) expect(comes({ length })).toBe('udp-malformed');
  }),
  rfc768('length', 'MUST', 'octets beyond the length are not delivered', () => {
    expect(comes({ length: 11, checksum: 0 })).toBe('pay');
  }),
  rfc768('source port', 'MAY', 'a datagram without a source port is delivered', () => {
    expect(comes({ sourcePort: 0 })).toBe('payload');
  }),
  rfc768('checksum', 'MUST', 'a checksum that is computed as zero is sent as ones', () => {
    const socket = new SocketHost().socket();
    const [frame] = socket.send(zeroSum(), ISSUER.address).frames;
    expect([...frame!.subarray(44, 46)]).toEqual([0xff, 0xff]);
  }),
  rfc768('checksum', 'MUST', 'the checksum covers addresses, protocol and length', () => {
    const host = new SocketHost();
    host.socket();
    for (const ipv4 of [{ source: '10.10.10.9' }, { destination: '10.10.10.255' }]) {
      const right = datagram('x');
      const checksum = right[44]! * 256 + right[45]!;
      expect(host.send(datagram('x', { ipv4, udp: { checksum } })).drop).toBe('udp-bad-checksum');
    }
  }),
  rfc1122(
    '4.1.3.1',
    'SHOULD',
    'a datagram for a port that nobody serves has its sender told, where ICMP errors are on',
    () => {
      const host = new SocketHost({ icmpErrors: true });
      expectFrame(host.exchange([datagram('x')]).replies[0]!)
        .vlan({})
        .ipv4({})
        .icmp({ type: 3, code: 3 });
    },
  ),
  rfc1122('4.1.3.4', 'MUST', 'checksums are sent, on fragments too, and verified', () => {
    const socket = new SocketHost().socket();
    for (const octets of [0, 1, 9, 3000]) {
      const [first] = socket.send(new Uint8Array(octets).fill(7), ISSUER.address).frames;
      expect(first![44]! * 256 + first![45]!).not.toBe(0);
    }
    expect(comes({ checksum: 1 })).toBe('udp-bad-checksum');
  }),
  rfc1122('4.1.3.4', 'MAY', 'a datagram without a checksum is delivered', () => {
    expect(comes({ checksum: 0 })).toBe('payload');
  }),
  rfc1122('4.1.3.5', 'MUST', 'the application learns the address that a datagram was sent to', () => {
    const host = new SocketHost();
    const socket = host.socket();
    host.send(datagram('x', { destination: 'ff:ff:ff:ff:ff:ff', ipv4: { destination: '10.10.10.255' } }));
    const { received } = socket.page;
    expect(received.get(received.next(), Message.Destination) >>> 0).toBe(parseIpv4('10.10.10.255'));
  }),
  rfc1122('4.1.3.5', 'MUST', 'the application can choose the source address', () => {
    const host = new SocketHost({ addresses: [`${RESPONDER.address}/24`, '10.10.10.99/24'] });
    const [frame] = host
      .socket({ address: parseIpv4('10.10.10.99') })
      .send(Uint8Array.of(1), ISSUER.address).frames;
    expectFrame(frame!)
      .vlan({})
      .ipv4({ source: '10.10.10.99' })
      .udp({ sourcePort: UDP_PORT, destinationPort: PEER_PORT });
  }),
  rfc1122('4.1.3.6', 'MUST', 'a datagram from what is no host is discarded', () => {
    for (const source of ['224.0.0.1', '10.10.10.255', '255.255.255.255', '0.0.0.0', RESPONDER.address])
      expect(new SocketHost().send(datagram('x', { ipv4: { source } })).drop).toBe('ipv4-bad-source');
  }),
  rfc1122('3.2.1.3', 'MAY', 'who has no address yet, as in BOOTP, asks all by broadcast from 0.0.0.0', () => {
    const ask = (destination: string) => {
      const host = new SocketHost();
      const socket = host.socket({});
      const { drop, reply } = host.send(
        datagram('x', { ipv4: { source: '0.0.0.0', destination }, destination: 'ff:ff:ff:ff:ff:ff' }),
      );
      return { drop, reply, count: socket.count };
    };
    expect(ask('255.255.255.255')).toEqual({ drop: undefined, reply: undefined, count: 1 });
    // But not one subnet, and not by ICMP.
    expect(ask('10.10.10.255')).toEqual({ drop: 'ipv4-bad-source', reply: undefined, count: 0 });
  }),
];
