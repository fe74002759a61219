// ICMP and IPv4 header as the issuer could send them, and as it should not.
import {
  addressOctets,
  buildFrame,
  type FrameFields,
  ISSUER,
  naiveChecksum,
  octets,
  RESPONDER,
} from '../build-frame.js';
import { DIFFERENCES } from './differences.js';
import { echo, type Question, question } from './question.js';

const sequence = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 7 + count) % 256);

export const SIZES: Question[] = Array.from({ length: 1473 }, (_, size) =>
  echo(`payload of ${size}`, { payload: sequence(size) }),
);

export const TOS: Question[] = Array.from({ length: 256 }, (_, tos) => echo(`TOS ${tos}`, { ipv4: { tos } }));

const octetsAfter = (fields: FrameFields, trailer: Uint8Array) => {
  const frame = buildFrame({ icmp: {}, payload: 'padded', ...fields });
  return Uint8Array.from([...frame, ...trailer]);
};

export const PACKETS: Question[] = [
  ...[0, 1, 2, 63, 64, 65, 128, 255].map((ttl) => echo(`TTL ${ttl}`, { ipv4: { ttl } })),
  ...[0, 1, 0x8000, 0xffff].map((identification) =>
    echo(`identification ${identification}`, { ipv4: { identification } }),
  ),
  echo('DF', { ipv4: { flags: 2 } }),
  echo('the reserved bit (RFC 3514)', { ipv4: { flags: 4 } }),
  echo('the reserved bit and DF', { ipv4: { flags: 6 } }),
  echo('version 6', { ipv4: { version: 6 } }),
  echo('version 5', { ipv4: { version: 5 } }),
  echo('version 0', { ipv4: { version: 0 } }),
  echo('IHL 0', { ipv4: { ihl: 0 } }),
  echo('IHL 4', { ipv4: { ihl: 4 } }),
  echo('IHL 15 of a shorter packet', { ipv4: { ihl: 15 } }),
  echo('header checksum 0', { ipv4: { checksum: 0 } }),
  echo('header checksum 0xffff', { ipv4: { checksum: 0xffff } }),
  echo('header checksum one off', { ipv4: { checksum: 1 } }),
  echo('total length 0', { ipv4: { totalLength: 0 } }),
  echo('total length 19', { ipv4: { totalLength: 19 } }),
  echo('total length 20: no message', { ipv4: { totalLength: 20 } }),
  echo('total length one beyond the frame', { ipv4: { totalLength: 20 + 8 + 17 + 1 } }),
  echo('total length 65535', { ipv4: { totalLength: 0xffff } }),
  echo('total length within padding', { ipv4: { totalLength: 20 + 8 + 17 + 1 }, padTo: 64 }),
  echo('total length one short: the sum is wrong', { ipv4: { totalLength: 20 + 8 + 16 } }),
  ...[1, 2, 17, 18, 26, 400].map((count) =>
    question(`${count} octets behind the packet`, octetsAfter({}, sequence(count))),
  ),
  echo('padding of zeros', { payload: '', padTo: 60 }),
  question('7 octets of ICMP', { ipv4: { protocol: 1 }, payload: octets('0800f7ff000000') }),
  question('no octet of ICMP', { ipv4: { protocol: 1 } }),
  question('7 octets of ICMP and padding', {
    ipv4: { protocol: 1 },
    payload: octets('0800f7ff000000'),
    padTo: 60,
  }),
];

export const MESSAGES: Question[] = [
  ...[1, 9, 255].map((code) => echo(`code ${code}`, { icmp: { code } })),
  echo('ICMP checksum one off', { icmp: { checksum: 0x1234 } }),
  echo('ICMP checksum 0', { icmp: { checksum: 0 } }),
  echo('ICMP checksum 0xffff where 0 is right', {
    icmp: { identifier: 0xf7ff, sequence: 0, checksum: 0xffff },
    payload: '',
  }),
  echo('ICMP checksum 0 where 0 is right', { icmp: { identifier: 0xf7ff, sequence: 0 }, payload: '' }),
  echo('identifier and sequence 0xffff', { icmp: { identifier: 0xffff, sequence: 0xffff } }),
  ...[0, 1, 8, 1471, 1472].map((size) =>
    echo(
      `${size} zeros, identifier and sequence 0`,
      { icmp: { identifier: 0, sequence: 0 }, payload: new Uint8Array(size) },
      DIFFERENCES.zeroSum,
    ),
  ),
  echo('zeros, code 1', { icmp: { code: 1, identifier: 0, sequence: 0 }, payload: new Uint8Array(56) }),
  echo('ones', { icmp: { identifier: 0xffff, sequence: 0xffff }, payload: new Uint8Array(57).fill(0xff) }),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 30, 37, 40, 41, 42, 43, 255].map(
    (type) => echo(`type ${type}`, { icmp: { type } }),
  ),
  echo('type 13, a timestamp request', { icmp: { type: 13 }, payload: new Uint8Array(12) }),
  echo('type 13 with more than times', { icmp: { type: 13 }, payload: new Uint8Array(40) }),
  echo('type 13 to 10.10.10.255', {
    icmp: { type: 13 },
    payload: new Uint8Array(12),
    ipv4: { destination: '10.10.10.255' },
    destination: 'ff:ff:ff:ff:ff:ff',
  }),
  echo('type 13 with record route', {
    icmp: { type: 13 },
    payload: new Uint8Array(12),
    ipv4: { options: '07070400 00000000', tos: 0x10 },
  }),
  echo('type 13, code 7', { icmp: { type: 13, code: 7 }, payload: new Uint8Array(12).fill(9) }),
  echo('type 13 without a time', { icmp: { type: 13 }, payload: new Uint8Array(3) }),
  echo('type 13 cut short', { icmp: { type: 13 }, payload: new Uint8Array(4) }),
  question('TCP', { ipv4: { protocol: 6 }, payload: tcpSyn() }, DIFFERENCES.reset),
  question('TCP with a wrong checksum', { ipv4: { protocol: 6 }, payload: new Uint8Array(20) }),
  ...[0, 4, 41, 50, 132, 253, 255].map((protocol) =>
    question(
      `protocol ${protocol}`,
      { ipv4: { protocol }, payload: new Uint8Array(28) },
      DIFFERENCES.protocolUnreachable,
    ),
  ),
];

/** SYN from port 40000 to port 9, from issuer to responder. */
function tcpSyn(): Uint8Array {
  const segment = octets('9c40 0009 00000001 00000000 5002 1000 0000 0000');
  const pseudo = [ISSUER.address, RESPONDER.address].flatMap(addressOctets).concat(0, 6, 0, segment.length);
  const checksum = naiveChecksum([...pseudo, ...segment]);
  segment.set([checksum >> 8, checksum & 0xff], 16);
  return segment;
}
