import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readFile, readStream } from '../../src/capture/read.js';
import { BUFFER_LENGTH, CaptureReader } from '../../src/capture/reader.js';
import { EvlnetError } from '../../src/errors.js';
import {
  comment,
  enhanced,
  interfaceBlock,
  joined,
  number,
  obsolete,
  pcap,
  section,
  simple,
} from './write.js';

const frame = (length: number, first = length): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);
const FRAMES = [frame(60), frame(61), frame(1514), frame(14), frame(64, 7)];

/** Pieces of `size` octets, so that records lie across their borders. */
async function* pieces(octets: Uint8Array, size = octets.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

interface Found {
  frames: Uint8Array[];
  cut: number;
  left: number;
}

async function readAll(octets: Uint8Array, size?: number, buffer?: Uint8Array): Promise<Found> {
  const reader = new CaptureReader(readStream(pieces(octets, size)), { hex: true }, buffer);
  const frames: Uint8Array[] = [];
  let cut = 0;
  for (let block = await reader.next(); block; block = await reader.next()) {
    cut += block.cut;
    for (let i = 0; i < block.count; i++)
      frames.push(block.octets.slice(block.offsets[i]!, block.offsets[i]! + block.lengths[i]!));
  }
  return { frames, cut, left: reader.left };
}

const orders = ['little', 'big'] as const;

describe.each(orders)('%s-endian', (order) => {
  test.each([false, true])('pcap, nanoseconds: %s', async (nano) => {
    for (const size of [undefined, 1, 7, 1000])
      expect(await readAll(pcap(FRAMES, { order, nano }), size)).toEqual({ frames: FRAMES, cut: 0, left: 0 });
  });

  test('pcap whose frames were cut', async () => {
    expect(await readAll(pcap(FRAMES, { order, snapLength: 60 }))).toEqual({
      frames: FRAMES.map((f) => f.subarray(0, 60)),
      cut: 3,
      left: 0,
    });
  });

  test('pcapng: every block with a frame, others stepped over', async () => {
    const octets = section(
      [
        interfaceBlock(1, order),
        { type: 5, body: comment('statistics', order) },
        enhanced(FRAMES[0]!, order),
        simple(FRAMES[1]!, order),
        { type: 0x0bad_cafe, body: [] },
        obsolete(FRAMES[2]!, order),
        enhanced(FRAMES[3]!, order, 0, 1500),
      ],
      order,
    );
    for (const size of [undefined, 1, 5, 1000])
      expect(await readAll(octets, size)).toEqual({ frames: FRAMES.slice(0, 4), cut: 1, left: 0 });
  });

  test('pcapng: several interfaces, those without frames of any kind', async () => {
    const octets = section(
      [interfaceBlock(113, order), interfaceBlock(1, order), enhanced(FRAMES[0]!, order, 1)],
      order,
    );
    expect((await readAll(octets)).frames).toEqual(FRAMES.slice(0, 1));
  });

  test('pcapng: a simple packet is as long as the snap length', async () => {
    const octets = section([interfaceBlock(1, order, 40), simple(frame(40), order, 1000)], order);
    expect(await readAll(octets)).toEqual({ frames: [frame(40)], cut: 1, left: 0 });
  });

  test('pcapng: a block that is longer than any that is kept', async () => {
    const long = { type: 0x0000_000a, body: Array<number>(400_000).fill(6) };
    const octets = section([interfaceBlock(1, order), long, enhanced(FRAMES[0]!, order)], order);
    expect((await readAll(octets, 65536, new Uint8Array(1 << 20))).frames).toEqual(FRAMES.slice(0, 1));
  });
});

/** Of the frames of a capture. */
async function timesOf(octets: Uint8Array): Promise<bigint[]> {
  const reader = new CaptureReader(readStream(pieces(octets)), { hex: true, timed: true });
  const block = (await reader.next())!;
  return [...block.times!.subarray(0, block.count)];
}

describe.each(orders)('times, %s-endian', (order) => {
  test.each([
    [false, 1_700_000_000_999_999_000n],
    [true, 1_700_000_000_000_999_999n],
  ])('pcap, nanoseconds: %s', async (nano, ns) => {
    const times = [[1_700_000_000, 999_999] as const, [0xffff_ffff, 0] as const];
    expect(await timesOf(pcap(FRAMES.slice(0, 2), { order, nano, times }))).toEqual([
      ns,
      4_294_967_295_000_000_000n,
    ]);
  });

  const unit = (value: number) => [...number(9, 2, order), ...number(1, 2, order), value, 0, 0, 0];
  const seconds = (high: number, low: number) => {
    const halves = order === 'little' ? [low, high] : [high, low];
    return [...number(14, 2, order), ...number(8, 2, order), ...halves.flatMap((h) => number(h, 4, order))];
  };
  const END = number(0, 4, order);
  const cases: [what: string, options: readonly number[], ns: bigint][] = [
    ['no unit: microseconds', [], 0x1_0000_0002n * 1000n],
    ['nanoseconds', [...unit(9), ...END], 0x1_0000_0002n],
    ['seconds', [...unit(0), ...END], (0x1_0000_0002n * 1_000_000_000n) % 2n ** 64n],
    ['2^-32 s', unit(0xa0), 1_000_000_000n],
    [
      'an offset',
      [...comment('x', order).slice(0, -4), ...unit(9), ...seconds(0, 7)],
      0x1_0000_0002n + 7_000_000_000n,
    ],
    [
      'an offset below zero',
      [...seconds(0xffff_ffff, 0xffff_ffff), ...unit(6)],
      0x1_0000_0002n * 1000n - 1_000_000_000n,
    ],
    ['behind the end of the options', [...END, ...unit(9)], 0x1_0000_0002n * 1000n],
    ['an option that is cut', [...number(9, 2, order), ...number(9, 2, order)], 0x1_0000_0002n * 1000n],
  ];
  test.each(cases)('pcapng, %s', async (_, options, ns) => {
    const frame = enhanced(FRAMES[0]!, order, 0, 60, [1, 2]);
    const octets = section([interfaceBlock(1, order, 0, options), frame, simple(FRAMES[1]!, order)], order);
    expect(await timesOf(octets)).toEqual([ns, 0n]);
  });
});

test('pcapng: sections of both byte orders, each with interfaces of its own', async () => {
  const octets = joined(
    orders.map((order, i) => section([interfaceBlock(1, order), enhanced(FRAMES[i]!, order)], order)),
  );
  expect((await readAll(octets)).frames).toEqual(FRAMES.slice(0, 2));
});

test('more frames than a block holds, and more octets than the buffer', async () => {
  const many = Array.from({ length: 17_000 }, (_, i) => frame(60, i));
  const { frames } = await readAll(pcap(many), undefined, new Uint8Array(1 << 20));
  expect(frames.length).toBe(many.length);
  expect(frames[16_999]).toEqual(many[16_999]);
});

test('hexadecimal, a frame a line', async () => {
  const text = '# two frames\n02fc 0000 0001  # one\n\n02:FC:00-00.00,02\r\n\t\nff';
  const want = [frame(0), frame(0)];
  want[0] = Uint8Array.of(2, 0xfc, 0, 0, 0, 1);
  want[1] = Uint8Array.of(2, 0xfc, 0, 0, 0, 2);
  for (const size of [undefined, 1, 3])
    expect((await readAll(new TextEncoder().encode(text), size)).frames).toEqual([
      ...want,
      Uint8Array.of(255),
    ]);
});

test('hexadecimal, behind the byte order mark of an editor', async () => {
  const { frames } = await readAll(new TextEncoder().encode('\ufeff02fc\n02fc'));
  expect(frames).toEqual([Uint8Array.of(2, 0xfc), Uint8Array.of(2, 0xfc)]);
});

test('an end in the middle of a record is told', async () => {
  const octets = pcap(FRAMES);
  expect(await readAll(octets.subarray(0, octets.length - 3))).toEqual({
    frames: FRAMES.slice(0, 4),
    cut: 0,
    left: 16 + 61,
  });
});

test('nothing at all is no frame', async () => {
  expect((await readAll(new Uint8Array())).frames).toEqual([]);
  expect((await readAll(pcap([]))).frames).toEqual([]);
});

const refused: [name: string, octets: Uint8Array, code: string, message: RegExp][] = [
  ['cooked', pcap(FRAMES, { linkType: 113 }), 'EVL_LINKTYPE', /link type 113, Linux cooked \(SLL\), is not/],
  ['a strange link type', pcap(FRAMES, { linkType: 250 }), 'EVL_LINKTYPE', /link type 250 is not Ethernet/],
  ['pcap of another version', pcap(FRAMES, { major: 3 }), 'EVL_CAPTURE', /version 3 of pcap/],
  [
    'a frame that is too long',
    joined([pcap([]), [0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 127, 0, 0, 0, 0]]),
    'EVL_CAPTURE',
    /a frame of 2147483647 octets \(octet 24\)/,
  ],
  [
    'a frame of an interface that is not there',
    section([interfaceBlock(1, 'little'), enhanced(FRAMES[0]!, 'little', 1)], 'little'),
    'EVL_CAPTURE',
    /interface 1, which is not described/,
  ],
  [
    'a frame of a cooked interface',
    section([interfaceBlock(113, 'little'), enhanced(FRAMES[0]!, 'little')], 'little'),
    'EVL_LINKTYPE',
    /link type 113/,
  ],
  [
    'two lengths',
    joined([section([], 'little').subarray(0, 24), [0, 0, 0, 0]]),
    'EVL_CAPTURE',
    /two lengths differ/,
  ],
  ['text', new TextEncoder().encode('02fc zz'), 'EVL_CAPTURE', /line 1: column 6 is not an octet/],
  ['half an octet', new TextEncoder().encode('02fc0'), 'EVL_CAPTURE', /line 1: column 5 is not an octet/],
];
test.each(refused)('%s is refused', async (_, octets, code, message) => {
  await expect(readAll(octets)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('what stands before the damage is read', async () => {
  const octets = joined([pcap(FRAMES), Array<number>(16).fill(255)]);
  const reader = new CaptureReader(readStream(pieces(octets)), { hex: false });
  expect((await reader.next())?.count).toBe(FRAMES.length);
  await expect(reader.next()).rejects.toThrow(/a frame of 4294967295 octets/);
});

test('a file; one that is no capture says what it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evlnet-capture-'));
  const path = join(folder, 'capture');
  try {
    writeFileSync(path, pcap(FRAMES));
    const fd = openSync(path, 'r');
    expect((await new CaptureReader(readFile(fd), { hex: false }).next())?.count).toBe(FRAMES.length);
    closeSync(fd);
    const gzip = new CaptureReader(readStream(pieces(Uint8Array.of(0x1f, 0x8b, 8, 0))), { hex: false });
    await expect(gzip.next()).rejects.toMatchObject({ hint: expect.stringMatching(/^it is compressed/) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('mutated captures are read, or refused by an error of ours', async () => {
  const seeds = [
    pcap(FRAMES),
    pcap(FRAMES, { order: 'big', nano: true }),
    ...orders.map((order) =>
      section(
        [
          interfaceBlock(1, order),
          interfaceBlock(113, order),
          enhanced(FRAMES[0]!, order),
          simple(FRAMES[3]!, order),
          obsolete(FRAMES[1]!, order),
        ],
        order,
      ),
    ),
  ];
  let state = 42;
  const random = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const interesting = [0, 1, 3, 4, 12, 28, 0x7f, 0x80, 0xff];
  const buffer = new Uint8Array(BUFFER_LENGTH);
  for (let round = 0; round < 4000; round++) {
    const octets = seeds[round % seeds.length]!.slice();
    for (let n = random(4); n >= 0; n--)
      octets[random(octets.length)] = random(2) ? random(256) : interesting[random(interesting.length)]!;
    const part = octets.subarray(0, random(3) ? octets.length : random(octets.length));
    try {
      const { frames } = await readAll(part, random(2) ? undefined : 1 + random(64), buffer);
      expect(frames.length).toBeLessThanOrEqual(part.length);
    } catch (error) {
      expect(error).toBeInstanceOf(EvlnetError);
    }
  }
});
