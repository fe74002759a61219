// Fragments for tests, cut and put together by naive code of its own.
import { buildFrame, type FrameFields, type Ipv4Fields, naiveChecksum } from './build-frame.js';

export interface FragmentFields extends Ipv4Fields {
  /** Octets of the packet's payload: where it begins, and what it has. */
  offset: number;
  payload: Uint8Array;
  isLast: boolean;
  tags?: FrameFields['tags'];
}

/** One fragment as a frame. */
export function fragment({ offset, payload, isLast, tags, ...ipv4 }: FragmentFields): Uint8Array {
  const fields = { protocol: 1, fragmentOffset: offset / 8, flags: isLast ? 0 : 1, ...ipv4 };
  return buildFrame({ ...(tags ? { tags } : {}), ipv4: fields, payload });
}

/** A message cut at these octets of the packet's payload; its end is the last. */
export const fragments = (
  message: Uint8Array,
  cuts: readonly number[],
  fields: Omit<FragmentFields, 'offset' | 'payload' | 'isLast'> = {},
): Uint8Array[] =>
  [0, ...cuts].map((offset, i) => {
    const end = cuts[i] ?? message.length;
    return fragment({ ...fields, offset, payload: message.subarray(offset, end), isLast: i === cuts.length });
  });

/** What an IPv4 packet of one frame carries. */
export const messageOf = (frame: Uint8Array): Uint8Array => {
  const at = networkAt(frame);
  return frame.slice(at + (frame[at]! % 16) * 4);
};

/** Whether a frame carries a part of a packet. */
export const isFragment = (frame: Uint8Array): boolean => {
  const at = networkAt(frame) + 6;
  return frame.length > at + 1 && (frame[at]! * 256 + frame[at + 1]!) % 0x4000 !== 0;
};

/** One frame of the fragments of one packet in order, which must be right in every field. */
export function joined(frames: readonly Uint8Array[]): Uint8Array {
  const first = frames[0]!;
  const at = networkAt(first);
  const payload: number[] = [];
  const words = (frame: Uint8Array, i: number) => frame[at + i]! * 256 + frame[at + i + 1]!;
  frames.forEach((frame, i) => {
    const header = (frame[at]! % 16) * 4;
    const flags = words(frame, 6) >> 13;
    const isLast = i === frames.length - 1;
    const have = {
      offset: (words(frame, 6) % 0x2000) * 8,
      flags,
      length: words(frame, 2),
      isWholeUnits: isLast || (frame.length - at - header) % 8 === 0,
      checksum: naiveChecksum(frame.subarray(at, at + header)),
      link: Buffer.from(frame.subarray(0, at)).toString('hex'),
      identification: words(frame, 4),
    };
    const want = {
      offset: payload.length,
      flags: isLast ? 0 : 1,
      length: frame.length - at,
      isWholeUnits: true,
      checksum: 0,
      link: Buffer.from(first.subarray(0, at)).toString('hex'),
      identification: words(first, 4),
    };
    if (JSON.stringify(have) !== JSON.stringify(want))
      throw new Error(`fragment ${i}: have ${JSON.stringify(have)}, want ${JSON.stringify(want)}`);
    payload.push(...frame.subarray(at + header));
  });
  const header = Array.from(first.subarray(at, at + (first[at]! % 16) * 4));
  const total = header.length + payload.length;
  header.splice(2, 2, total >> 8, total % 256);
  header.splice(6, 2, 0, 0);
  header.splice(10, 2, 0, 0);
  const checksum = naiveChecksum(header);
  header.splice(10, 2, checksum >> 8, checksum % 256);
  return Uint8Array.from([...first.subarray(0, at), ...header, ...payload]);
}

const networkAt = (frame: Uint8Array): number => {
  let at = 14;
  while ([0x8100, 0x88a8].includes(frame[at - 2]! * 256 + frame[at - 1]!)) at += 4;
  return at;
};
