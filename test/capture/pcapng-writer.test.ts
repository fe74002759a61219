import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newBlock } from '../../src/capture/block.js';
import { Pcapng } from '../../src/capture/pcapng.js';
import { Direction, pcapngFrame, pcapngHead } from '../../src/capture/pcapng-writer.js';

const frame = fc.uint8Array({ minLength: 1, maxLength: 200 });
const any = fc.record({
  octets: frame,
  more: fc.nat(9000),
  ns: fc.bigInt(0n, 2n ** 64n - 1n),
  comment: fc.string({ unit: 'binary' }),
  direction: fc.constantFrom(Direction.Inbound, Direction.Outbound),
});

test('what is written is read again: every frame, and which were cut', () => {
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), fc.string(), (frames, ifname) => {
      const octets = Buffer.concat([
        pcapngHead(ifname),
        ...frames.map((f) => pcapngFrame(f.octets, f.octets.length + f.more, f.ns, f.comment, f.direction)),
      ]);
      const block = newBlock(octets, true);
      const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
      expect(new Pcapng().parse(view, 0, octets.length, block)).toBe(octets.length);
      const read = frames.map((_, i) =>
        octets.subarray(block.offsets[i]!, block.offsets[i]! + block.lengths[i]!),
      );
      expect(read).toEqual(frames.map((f) => Buffer.from(f.octets)));
      expect([...block.times!.subarray(0, block.count)]).toEqual(frames.map((f) => f.ns));
      expect(block.cut).toBe(frames.filter((f) => f.more > 0).length);
    }),
  );
});

test('time is in nanoseconds, the comment and the direction behind the frame', () => {
  const block = Buffer.from(
    pcapngFrame(Uint8Array.of(1, 2, 3), 3, 0x1_8000_0002n, 'why', Direction.Outbound),
  );
  expect([block.readUInt32LE(12), block.readUInt32LE(16)]).toEqual([1, 0x8000_0002]);
  expect(block.subarray(28, -4).toString('hex')).toBe(
    '01020300010003007768790002000400020000000000000000'.slice(0, 48),
  );
});
