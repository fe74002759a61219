// Captures for tests, written by code that shares nothing with src/capture.

type Order = 'little' | 'big';

/** A number of `size` octets. */
export function number(value: number, size: 2 | 4, order: Order): number[] {
  const octets = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
  return order === 'little' ? octets : octets.reverse();
}

export interface PcapFields {
  order?: Order;
  nano?: boolean;
  linkType?: number;
  major?: number;
  /** Octets kept of a frame. */
  snapLength?: number;
  /** Seconds and fraction of each frame; by default a second apart. */
  times?: readonly (readonly [seconds: number, fraction: number])[];
}

export function pcap(frames: readonly Uint8Array[], fields: PcapFields = {}): Uint8Array {
  const { order = 'little', nano = false, linkType = 1, major = 2, snapLength = 262144, times } = fields;
  const n = (value: number, size: 2 | 4) => number(value, size, order);
  const header = [
    ...n(nano ? 0xa1b23c4d : 0xa1b2c3d4, 4),
    ...n(major, 2),
    ...n(4, 2),
    ...n(0, 4),
    ...n(0, 4),
    ...n(snapLength, 4),
    ...n(linkType, 4),
  ];
  return joined([
    header,
    ...frames.map((frame, i) => {
      const kept = frame.subarray(0, snapLength);
      const [seconds, fraction] = times?.[i] ?? [1700000000 + i, i];
      return [...n(seconds, 4), ...n(fraction, 4), ...n(kept.length, 4), ...n(frame.length, 4), ...kept];
    }),
  ]);
}

export interface PcapngBlock {
  type: number;
  body: readonly number[];
}

/** A section: header, then the blocks. */
export function section(blocks: readonly PcapngBlock[], order: Order): Uint8Array {
  const n = (value: number, size: 2 | 4) => number(value, size, order);
  const header = {
    type: 0x0a0d0d0a,
    body: [...n(0x1a2b3c4d, 4), ...n(1, 2), ...n(0, 2), ...Array<number>(8).fill(255)],
  };
  return joined(
    [header, ...blocks].map(({ type, body }) => {
      const padded = [...body, ...Array<number>((4 - (body.length % 4)) % 4).fill(0)];
      const length = n(padded.length + 12, 4);
      return [...n(type, 4), ...length, ...padded, ...length];
    }),
  );
}

/** An option: code 1 is a comment. */
export const comment = (text: string, order: Order): number[] => {
  const octets = [...new TextEncoder().encode(text)];
  const padding = Array<number>((4 - (octets.length % 4)) % 4).fill(0);
  return [
    ...number(1, 2, order),
    ...number(octets.length, 2, order),
    ...octets,
    ...padding,
    ...number(0, 4, order),
  ];
};

export const interfaceBlock = (
  linkType: number,
  order: Order,
  snapLength = 0,
  options: readonly number[] = comment('eth0', order),
): PcapngBlock => ({
  type: 1,
  body: [...number(linkType, 2, order), 0, 0, ...number(snapLength, 4, order), ...options],
});

const aligned = (frame: Uint8Array): number[] => [
  ...frame,
  ...Array<number>((4 - (frame.length % 4)) % 4).fill(0),
];

export const enhanced = (
  frame: Uint8Array,
  order: Order,
  of = 0,
  original = frame.length,
  time: readonly [high: number, low: number] = [0x5f5e1, 0],
): PcapngBlock => ({
  type: 6,
  body: [
    ...number(of, 4, order),
    ...number(time[0], 4, order),
    ...number(time[1], 4, order),
    ...number(frame.length, 4, order),
    ...number(original, 4, order),
    ...aligned(frame),
    ...comment('seen', order),
  ],
});

export const simple = (frame: Uint8Array, order: Order, original = frame.length): PcapngBlock => ({
  type: 3,
  body: [...number(original, 4, order), ...aligned(frame)],
});

export const obsolete = (frame: Uint8Array, order: Order, of = 0): PcapngBlock => ({
  type: 2,
  body: [
    ...number(of, 2, order),
    ...number(3, 2, order),
    ...number(0, 4, order),
    ...number(0, 4, order),
    ...number(frame.length, 4, order),
    ...number(frame.length, 4, order),
    ...aligned(frame),
  ],
});

export const joined = (parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
