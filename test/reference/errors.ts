// What Linux answers with an ICMP error, and what it does not. Each question has a source of its own, as errors to one host are limited.
import { buildFrame, type FrameFields, type Ipv4Fields } from '../build-frame.js';
import { fragments, messageOf } from '../fragment.js';
import { DIFFERENCES, type Difference } from './differences.js';
import { type Question, question } from './question.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const sequence = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 11 + count) % 256);
let host = 1;
const source = () => `198.51.100.${host++}`;

/** A datagram to a port that nobody serves. */
const closed = (name: string, fields: FrameFields = {}, differs?: Difference) =>
  question(
    `port: ${name}`,
    {
      udp: { destinationPort: 9 },
      payload: 'datagram',
      ...fields,
      ipv4: { source: source(), ...fields.ipv4 },
    },
    differs,
  );
const ip = (name: string, ipv4: Ipv4Fields, differs?: Difference) => closed(name, { ipv4 }, differs);
const protocol = (number: number, fields: FrameFields = {}, differs?: Difference) =>
  question(
    `protocol ${number}`,
    { payload: sequence(28), ...fields, ipv4: { protocol: number, source: source(), ...fields.ipv4 } },
    differs,
  );
const cut = (fields: FrameFields, number: number, cuts: number[]) => {
  const from = source();
  const whole = buildFrame({ ...fields, ipv4: { source: from, protocol: number } });
  return fragments(messageOf(whole), cuts, { source: from, protocol: number });
};

/** From a host that nothing else is from. */
export const OF_ONE_HOST = closed('of one host');

export const ERRORS: Question[] = [
  ...[0, 1, 7, 511, 512, 513, 519, 520, 521, 527, 528, 1472].map((size) =>
    closed(`payload of ${size}`, { payload: sequence(size) }),
  ),
  ...[0x01, 0x03, 0x10, 0x1e, 0x20, 0xb8, 0xe0, 0xff].map((tos) => ip(`TOS ${tos}`, { tos })),
  ip('TTL 1', { ttl: 1 }),
  ip('DF', { flags: 2 }),
  ip('the reserved bit', { flags: 4 }),
  ip('identification 0', { identification: 0 }),
  ip('no operation', { options: '01010101' }),
  ip('router alert', { options: '94040000' }),
  ip('record route', { options: '07070400 00000000' }, DIFFERENCES.quotedOptions),
  ip('timestamp', { options: '440c0500 00000000 00000000' }, DIFFERENCES.quotedOptions),
  closed('router alert and much', { ipv4: { options: '94040000' }, payload: sequence(1000) }),
  closed('no checksum', { udp: { destinationPort: 9, checksum: 0 } }),
  closed('a wrong checksum', { udp: { destinationPort: 9, checksum: 1 } }),
  closed('a wrong length', { udp: { destinationPort: 9, length: 7 } }),
  closed('padding', { payload: 'x', padTo: 60 }),
  closed('port 0', { udp: { destinationPort: 0 } }),
  closed('from port 0', { udp: { sourcePort: 0, destinationPort: 9 } }),
  closed('to 10.10.10.255', { destination: BROADCAST, ipv4: { destination: '10.10.10.255' } }),
  closed('to 255.255.255.255', { destination: BROADCAST, ipv4: { destination: '255.255.255.255' } }),
  closed('to 224.0.0.1', { destination: '01:00:5e:00:00:01', ipv4: { destination: '224.0.0.1' } }),
  closed('in a broadcast frame', { destination: BROADCAST }),
  closed('in a multicast frame', { destination: '01:00:5e:00:00:01' }),
  question(
    'port: in fragments',
    cut({ udp: { destinationPort: 9 }, payload: sequence(3000) }, 17, [1480, 2960]),
  ),
  question(
    'port: in small fragments',
    cut({ udp: { destinationPort: 9 }, payload: sequence(100) }, 17, [8, 64]),
  ),
  ...[0, 3, 4, 41, 50, 132, 253, 255].map((number) => protocol(number)),
  protocol(253, { payload: '' }),
  protocol(254, { payload: sequence(1400) }),
  protocol(252, { destination: BROADCAST }),
  protocol(6, {}, DIFFERENCES.noTcp),
  question('protocol 253, in fragments', cut({ payload: sequence(2000) }, 253, [1000])),
  ...[
    '07020000',
    '07030300',
    '07030500',
    '07060500 00000000',
    '44030000',
    '44040400',
    '44070500 00000000',
    '44080501 00000000',
    '44080503 00000000',
    '440409f0',
    '94020000',
    '94030000',
    '83020000',
    '83030300',
    '89030000',
    '82010000',
    '82050000',
    '01010182',
    '01018800',
    '01010194 02000000',
  ].map((options) => ip(`wrong options ${options}`, { options })),
  ip('a record route too much', { options: '07030407 03040000' }),
  ip('CIPSO too short', { options: '86040000' }, DIFFERENCES.refusedLabel),
  ip('CIPSO of an unknown domain', { options: '86080000 00010102' }, DIFFERENCES.refusedLabel),
  ip(
    'a wrong option behind a record route',
    { options: '07070400 00000001 94020000' },
    DIFFERENCES.quotedBeforeWrong,
  ),
  ip(
    'a wrong option behind a timestamp',
    { options: '44080500 00000000 07020000' },
    DIFFERENCES.quotedBeforeWrong,
  ),
  ip('a source route', { options: '83070400 00000000' }),
  closed('wrong options to all', {
    destination: BROADCAST,
    ipv4: { destination: '10.10.10.255', options: '07020000' },
  }),
  question('wrong options in a request', { icmp: {}, ipv4: { source: source(), options: '07020000' } }),
  question('wrong options in a reply', {
    icmp: { type: 0 },
    ipv4: { source: source(), options: '07020000' },
  }),
  question('wrong options in an error', {
    icmp: { type: 3 },
    ipv4: { source: source(), options: '07020000' },
  }),
  question('ICMP of an unknown type', { icmp: { type: 42 }, ipv4: { source: source() } }),
];
