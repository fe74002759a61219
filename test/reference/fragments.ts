// Fragments of echo requests, as a router could cut them, and as somebody who means harm.
import { buildFrame } from '../build-frame.js';
import { type FragmentFields, fragment, fragments, messageOf } from '../fragment.js';
import { DIFFERENCES } from './differences.js';
import { echo, type Question, question } from './question.js';

const sequence = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 7 + count) % 256);
const message = (length: number) => messageOf(buildFrame({ icmp: {}, payload: sequence(length - 8) }));
const every = (length: number, step: number) =>
  Array.from({ length: Math.ceil(length / step) - 1 }, (_, i) => step * (i + 1));
/** Each question has an identification of its own: what one leaves behind is not the next one's. */
let next = 0x5000;
const cut = (length: number, cuts: readonly number[], fields: Parameters<typeof fragments>[2] = {}) =>
  fragments(message(length), cuts, { identification: next++, ...fields });

/** The octets of one message in pieces `[begin, end]`, sent in that order. */
function pieces(
  length: number,
  ...ranges: [begin: number, end: number, fields?: Partial<FragmentFields>][]
): Uint8Array[] {
  const whole = message(length);
  const identification = next++;
  return ranges.map(([offset, end, fields]) =>
    fragment({
      identification,
      offset,
      payload: whole.subarray(offset, end),
      isLast: end === length,
      ...fields,
    }),
  );
}
/** Some octets that are not the message's. */
const other = (offset: number, end: number, isLast = false): Partial<FragmentFields> => ({
  payload: new Uint8Array(end - offset).fill(0xee),
  isLast,
});
const hurt = (frames: Uint8Array[]) =>
  frames.map((frame, i) => (i === 0 ? frame.with(-1, frame.at(-1)! ^ 1) : frame));

export const FRAGMENTS: Question[] = [
  question('the first alone', cut(2000, [1480]).slice(0, 1)),
  question('one from the middle', cut(1000, [480, 960]).slice(1, 2)),
  question('the last alone', cut(2000, [1480]).slice(1)),
  question('two that are one packet', cut(1000, [720])),
  question('three, the last first', cut(1000, [320, 640]).reverse()),
  question('one missing', cut(1000, [320, 640]).toSpliced(1, 1)),
  echo('MF of a whole packet', { ipv4: { identification: next++, flags: 1 } }),
  question('8 octets each', cut(400, every(400, 8))),
  question('8 octets each, backwards', cut(400, every(400, 8)).reverse()),
  ...[1481, 2960, 2961, 8008, 65514, 65515].map((length) =>
    question(`${length} octets, answered in fragments`, cut(length, every(length, 1480))),
  ),
  question('two packets, one in the other', cut(1000, [480]).toSpliced(1, 0, ...cut(900, [480]))),
  question('with DF', pieces(1000, [0, 480, { flags: 3 }], [480, 1000, { flags: 2 }])),
  question('with DF in the first', pieces(1000, [0, 480, { flags: 3 }], [480, 1000])),
  question('TOS of the first', pieces(1000, [480, 1000, { tos: 0x20 }], [0, 480, { tos: 0xb8 }])),
  question('TTL of the first', pieces(1000, [0, 480, { ttl: 1 }], [480, 1000, { ttl: 2 }])),
  question('a wrong ICMP checksum', hurt(cut(1000, [480]))),
  ...['94040000', '07070400 00000000', '440c0500 00000000 00000000', '94040000 07070400 00000000'].map(
    (options) => question(`options ${options}, answered in fragments`, cut(3000, [1200, 2400], { options })),
  ),
  question('options of the first', pieces(1000, [480, 1000], [0, 480, { options: '07070400 00000000' }])),
  question(
    'options of the second only',
    pieces(1000, [480, 1000, { options: '07070400 00000000' }], [0, 480]),
  ),

  question('a duplicate', pieces(1000, [0, 480], [0, 480], [480, 1000])),
  question('a duplicate with other octets', pieces(1000, [0, 480], [0, 480, other(0, 480)], [480, 1000])),
  question('a duplicate of the last', pieces(1000, [480, 1000], [480, 1000], [0, 480])),
  question('one within another', pieces(1000, [0, 480], [80, 160, other(80, 160)], [480, 1000])),
  question('one within a run', pieces(1000, [0, 160], [160, 480], [80, 240], [480, 1000])),
  question('one within two runs', pieces(1000, [0, 160], [480, 1000], [160, 480], [80, 240])),
  question(
    'one within two runs, something missing',
    pieces(1200, [0, 160], [480, 1000], [160, 480], [80, 240], [1000, 1200]),
  ),
  question('overlap by 8', pieces(1000, [0, 480], [472, 1000])),
  question('overlap by 8, then all again', pieces(1000, [0, 480], [472, 1000], [0, 480], [480, 1000])),
  question('overlap from below', pieces(1000, [480, 1000], [0, 488])),
  question('overlap around', pieces(1000, [480, 560], [400, 1000], [0, 400])),
  question('overlap of a hole', pieces(1000, [0, 160], [320, 1000], [152, 328])),
  question('teardrop (CVE-1999-0015)', pieces(1000, [0, 40, { isLast: false }], [24, 32, { isLast: true }])),

  question('beyond the last', pieces(1000, [480, 1000], [1000, 1008, other(1000, 1008)], [0, 480])),
  question(
    'another last one further on',
    pieces(1000, [480, 1000], [1000, 1008, other(1000, 1008, true)], [0, 480]),
  ),
  question('another last one before', pieces(1000, [0, 480], [480, 1000], [480, 488, other(480, 488, true)])),
  question(
    'another last one before, early',
    pieces(1000, [480, 1000], [480, 488, other(480, 488, true)], [0, 480]),
  ),
  question('without octets', pieces(1000, [0, 480], [480, 480, { isLast: false }], [480, 1000])),
  question(
    'without octets, the last',
    pieces(1000, [0, 1000, { isLast: false }], [1000, 1000, { isLast: true }]),
  ),
  question('13 octets that are not the last', pieces(1000, [0, 13], [8, 1000])),
  question('7 octets that are not the last', pieces(1000, [8, 15], [0, 8], [8, 1000])),
  question(
    'beyond 65,535',
    pieces(1000, [65528, 65536, other(65528, 65536)], [0, 480], [480, 1000]),
    DIFFERENCES.oversize,
  ),
  question(
    'to the very end, 65,535 with its header',
    pieces(1000, [65512, 65515, other(65512, 65515, true)]),
  ),
  ...[
    [0, 2],
    [2, 2],
    [2, 3],
    [1, 3],
    [1, 2],
    [0, 3],
    [3, 3],
  ].map(([a, b]) =>
    question(`ECN ${a} and ${b}`, pieces(1000, [0, 480, { tos: a! }], [480, 1000, { tos: b! }])),
  ),
  ...[
    ['source', { source: '10.10.10.254' }],
    ['identification', { identification: 0x4fff }],
    ['protocol', { protocol: 17 }],
  ].map(([name, fields]) =>
    question(
      `two that differ in ${name}`,
      pieces(1000, [0, 480], [480, 1000, fields as Partial<FragmentFields>]),
    ),
  ),
];

const datagram = (length: number, step: number): Uint8Array[] => {
  const whole = messageOf(buildFrame({ udp: { destinationPort: 7 }, payload: sequence(length) }));
  return fragments(whole, every(whole.length, step), { identification: next++, protocol: 17 });
};

export const UDP_FRAGMENTS: Question[] = [
  ...[1473, 3000, 65506, 65507].map((length) =>
    question(`${length} octets in fragments`, datagram(length, 1480)),
  ),
  question('1000 octets in fragments, backwards', datagram(1000, 104).reverse()),
  question('a wrong checksum', hurt(datagram(1000, 480))),
];
