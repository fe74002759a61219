// RFC 768 and the echo service of RFC 862, against a server on a socket of Linux.
import { buildFrame, type FrameFields, type Ipv4Fields, octets, type UdpFields } from '../build-frame.js';
import { DIFFERENCES, type Difference } from './differences.js';
import { type Question, question } from './question.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const sequence = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 5 + count) % 256);

const udp = (name: string, fields: UdpFields, rest: FrameFields = {}, differs?: Difference) =>
  question(name, { payload: 'datagram', ...rest, udp: { destinationPort: 7, ...fields } }, differs);
const ip = (name: string, ipv4: Ipv4Fields, differs?: Difference) => udp(name, {}, { ipv4 }, differs);

export const UDP_SIZES: Question[] = Array.from({ length: 1473 }, (_, size) =>
  udp(`payload of ${size}`, {}, { payload: sequence(size) }),
);

/** A payload for which the checksum is zero, so that 0xffff is sent. */
function zeroSum(): Uint8Array {
  const frame = buildFrame({ udp: { destinationPort: 7 }, payload: octets('0000') });
  return frame.subarray(40, 42);
}

export const UDP: Question[] = [
  udp('from port 1', { sourcePort: 1 }),
  udp('from port 65535', { sourcePort: 65535 }),
  udp('from port 0', { sourcePort: 0 }),
  udp('from port 7', { sourcePort: 7 }, {}, DIFFERENCES.udpLoop),
  udp('to port 8', { destinationPort: 8 }, {}, DIFFERENCES.portUnreachable),
  udp('to port 0', { destinationPort: 0 }, {}, DIFFERENCES.portUnreachable),
  udp('checksum one off', { checksum: 1 }),
  udp('checksum absent', { checksum: 0 }),
  udp('checksum absent, an odd length', { checksum: 0 }, { payload: 'odd' }),
  udp('checksum absent, no payload', { checksum: 0 }, { payload: '' }),
  udp('checksum 0xffff where it is right', {}, { payload: zeroSum() }),
  udp('checksum absent where 0xffff would be right', { checksum: 0 }, { payload: zeroSum() }),
  udp('checksum 0xffff where it is wrong', { checksum: 0xffff }),
  udp('length 7', { length: 7 }),
  udp('length 0', { length: 0 }),
  udp('length one beyond the packet', { length: 17 }),
  udp('length one beyond the packet, in padding', { length: 17 }, { padTo: 64 }),
  udp('length 65535', { length: 65535 }),
  udp('length one short, the checksum of the whole', { length: 15, checksum: 0x1234 }),
  question('length below the packet, the rest is no datagram’s', shorter(3)),
  question('length below the packet by one', shorter(1)),
  udp('length 8 and a payload, no checksum', { length: 8, checksum: 0 }),
  udp('padding', {}, { payload: 'x', padTo: 60 }),
  question('7 octets of UDP', { ipv4: { protocol: 17 }, payload: octets('9c400007000700') }),
  udp(
    'to 10.10.10.255',
    {},
    { destination: BROADCAST, ipv4: { destination: '10.10.10.255' } },
    DIFFERENCES.udpBroadcast,
  ),
  udp(
    'to 255.255.255.255',
    {},
    { destination: BROADCAST, ipv4: { destination: '255.255.255.255' } },
    DIFFERENCES.udpBroadcast,
  ),
  udp(
    'to 224.0.0.1',
    {},
    { destination: BROADCAST, ipv4: { destination: '224.0.0.1' } },
    DIFFERENCES.udpBroadcast,
  ),
  udp('to 239.1.2.3, a group not joined', {}, { destination: BROADCAST, ipv4: { destination: '239.1.2.3' } }),
  ip('to another host', { destination: '10.10.10.12' }),
  ip('from the subnet broadcast address', { source: '10.10.10.255' }),
  ip('from 255.255.255.255', { source: '255.255.255.255' }),
  ip('from behind a router', { source: '198.51.100.7' }),
  ip('TTL 1', { ttl: 1 }),
  ip('DF', { flags: 2 }),
  ip('TOS 0xb8', { tos: 0xb8 }, DIFFERENCES.udpTos),
  ip('no operation', { options: '01010101' }),
  ip('router alert', { options: '94040000' }),
  ip('record route', { options: '07070400 00000000' }),
  ip('record route, TOS 0xb8', { tos: 0xb8, options: '07070400 00000000' }, DIFFERENCES.udpTos),
  ip('timestamp', { options: '440c0500 00000000 00000000' }),
  ip('record route with room for half an entry', { options: '07080400 0000ff00' }),
  ip('a malformed option', { options: '07030300' }, DIFFERENCES.parameterProblem),
];

/** A datagram whose checksum covers its own octets, in a packet with `more`. */
function shorter(more: number): Uint8Array {
  const payload = sequence(21);
  const whole = buildFrame({ udp: { destinationPort: 7 }, payload });
  const ipv4 = { protocol: 17 };
  return buildFrame({ ipv4, payload: Uint8Array.from([...whole.subarray(34), ...sequence(more)]) });
}
