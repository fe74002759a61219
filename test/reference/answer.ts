// How two answers are compared: octet for octet, but for what a host may choose freely.
import { naiveChecksum } from '../build-frame.js';
import type { Question } from './question.js';

const MS_PER_DAY = 86_400_000;
const CLOCK = 0x1122_3344;
const CLOCK_TOLERANCE_MS = 60_000;
const TIMESTAMP = 68;
const TIMESTAMP_REPLY = 14;

const word = (frame: Uint8Array, at: number) => frame[at]! * 256 + frame[at + 1]!;
const isIpv4 = (frame: Uint8Array) => word(frame, 12) === 0x0800;
const l4 = (frame: Uint8Array) => 14 + (frame[14]! % 16) * 4;

/** What Linux or evlnet numbers, clocks and flags by itself is made the same: identification, DF, times, and the header checksum if right. */
export function normalized(original: Uint8Array): Uint8Array {
  const frame = Uint8Array.from(original);
  if (!isIpv4(frame)) return frame;
  const isRight = naiveChecksum(frame.subarray(14, l4(frame))) === 0;
  frame.set([0, 0], 18);
  frame[20]! &= ~0x40;
  if (isRight) frame.set([0, 0], 24);
  unclock(frame);
  untime(frame);
  return frame;
}

/** So become the two times of now in a timestamp reply, and its checksum, if right, 0. */
function untime(frame: Uint8Array): void {
  const at = l4(frame);
  if (frame[23] !== 1 || frame[at] !== TIMESTAMP_REPLY || frame.length < at + 20) return;
  const view = new DataView(frame.buffer);
  if (naiveChecksum(frame.subarray(at, 14 + word(frame, 16))) === 0) frame.set([0, 0], at + 2);
  for (const time of [at + 12, at + 16]) if (isNow(view.getUint32(time))) view.setUint32(time, CLOCK);
}

const isNow = (time: number): boolean => {
  // Octets that are no time must not become one at some hour of the day.
  if (time >= MS_PER_DAY) return false;
  const now = Date.now() % MS_PER_DAY;
  return (time - now + MS_PER_DAY + CLOCK_TOLERANCE_MS) % MS_PER_DAY < 2 * CLOCK_TOLERANCE_MS;
};

/** Every time of now in a timestamp option becomes CLOCK. */
function unclock(frame: Uint8Array): void {
  const view = new DataView(frame.buffer);
  for (let at = 34; at < l4(frame) && frame[at] !== 0; at += frame[at] === 1 ? 1 : frame[at + 1]!)
    if (frame[at] === TIMESTAMP)
      for (let entry = at + 4; entry + 4 <= at + frame[at + 1]!; entry++)
        if (isNow(view.getUint32(entry))) view.setUint32(entry, CLOCK);
}

/** The kind of an answer, as `Difference` names it. */
export function outcome(answer: readonly Uint8Array[]): string {
  return answer.map(kind).join(', ') || 'nothing';
}

function kind(frame: Uint8Array): string {
  if (word(frame, 12) === 0x0806) return `arp ${word(frame, 20)}`;
  if (!isIpv4(frame)) return `ethertype ${word(frame, 12).toString(16)}`;
  const protocol = frame[23]!;
  if (protocol === 17) return 'datagram';
  if (protocol !== 1) return `protocol ${protocol}`;
  const [type, code] = frame.subarray(l4(frame));
  return type === 0 ? 'echo reply' : `icmp ${type}/${code}`;
}

/** `[name, first octet, octets]` in a frame without tags. */
const HEADER: readonly (readonly [string, number, number])[] = [
  ['destination MAC', 0, 6],
  ['source MAC', 6, 6],
  ['ethertype', 12, 2],
];
const IPV4: typeof HEADER = [
  ['IHL', 14, 1],
  ['TOS', 15, 1],
  ['total length', 16, 2],
  ['flags', 20, 2],
  ['TTL', 22, 1],
  ['protocol', 23, 1],
  ['header checksum', 24, 2],
  ['source', 26, 4],
  ['destination', 30, 4],
];

/** Names of the fields in which two frames differ. */
export function apart(a: Uint8Array, b: Uint8Array): string[] {
  const same = (at: number, count: number) =>
    hex(a.subarray(at, at + count)) === hex(b.subarray(at, at + count));
  const names = [...HEADER, ...(isIpv4(a) ? IPV4 : [])].flatMap(([name, at, count]) =>
    same(at, count) ? [] : name,
  );
  if (a.length !== b.length) return [...names, 'length'];
  const at = isIpv4(a) ? l4(a) : 14;
  if (isIpv4(a) && !same(34, at - 34)) names.push('options');
  const checksum = isIpv4(a) ? at + (a[23] === 17 ? 6 : 2) : a.length;
  if (!same(checksum, 2)) names.push('checksum');
  if (!same(at, checksum - at) || !same(checksum + 2, a.length)) names.push('payload');
  return names;
}

export const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

/** What a test is to find equal: both answers, or, where a difference is written down, that very difference. */
export function verdicts(
  q: Question,
  kernel: readonly Uint8Array[],
  evlnet: readonly Uint8Array[],
): [unknown, unknown] {
  const [want, have] = [kernel, evlnet].map((answer) => answer.map(normalized)) as [
    Uint8Array[],
    Uint8Array[],
  ];
  if (!q.differs) return [have.map(hex), want.map(hex)];
  const { kernel: asKernel, evlnet: asEvlnet, apart: fields = [] } = q.differs;
  const found = want.length === 1 && have.length === 1 ? apart(want[0]!, have[0]!) : [];
  return [
    { kernel: outcome(want), evlnet: outcome(have), apart: found },
    { kernel: asKernel, evlnet: asEvlnet, apart: fields },
  ];
}
