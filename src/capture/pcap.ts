// draft-ietf-opsawg-pcap: a header of 24 octets, then records of 16 octets and the frame. Both byte orders, both units of time.
import { EvlnetError } from '../errors.js';
import { add, type FrameBlock, isFull } from './block.js';
import { damaged, type Format, LONGEST_FRAME, linkTypeError } from './format.js';

/** The first four octets, read as big-endian. */
const Magic = {
  Micro: 0xa1b2c3d4,
  Nano: 0xa1b23c4d,
  MicroSwapped: 0xd4c3b2a1,
  NanoSwapped: 0x4d3cb2a1,
} as const;

const HEADER = { major: 4, linkType: 20, length: 24 } as const;
const RECORD = { seconds: 0, fraction: 4, captured: 8, original: 12, length: 16 } as const;
// The upper bits tell of frame check sequences, and are reserved.
const LINK_TYPE_MASK = 0x03ff_ffff;

export const isPcap = (magic: number): boolean => (Object.values(Magic) as number[]).includes(magic);

export class Pcap implements Format {
  readonly #isLittle: boolean;
  /** Nanoseconds of the unit of the fraction. */
  readonly #unit: bigint;
  #hasHeader = false;
  /** Octets before the buffer. */
  #before = 0;

  constructor(magic: number) {
    this.#isLittle = magic === Magic.MicroSwapped || magic === Magic.NanoSwapped;
    this.#unit = magic === Magic.Nano || magic === Magic.NanoSwapped ? 1n : 1000n;
  }

  parse(view: DataView, from: number, end: number, block: FrameBlock): number {
    let at = from;
    if (!this.#hasHeader) {
      if (end - at < HEADER.length) return at;
      this.#readHeader(view, at);
      at += HEADER.length;
    }
    while (end - at >= RECORD.length && !isFull(block)) {
      const length = view.getUint32(at + RECORD.captured, this.#isLittle);
      if (length > LONGEST_FRAME) {
        if (block.count > 0) break;
        throw damaged(`a frame of ${length} octets`, this.#before + at - from);
      }
      const frame = at + RECORD.length;
      if (end - frame < length) break;
      if (block.times !== undefined) block.times[block.count] = this.#time(view, at);
      add(block, frame, length, view.getUint32(at + RECORD.original, this.#isLittle));
      at = frame + length;
    }
    this.#before += at - from;
    return at;
  }

  #time(view: DataView, at: number): bigint {
    const seconds = view.getUint32(at + RECORD.seconds, this.#isLittle);
    const fraction = view.getUint32(at + RECORD.fraction, this.#isLittle);
    return BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * this.#unit;
  }

  #readHeader(view: DataView, at: number): void {
    const major = view.getUint16(at + HEADER.major, this.#isLittle);
    if (major !== 2)
      throw new EvlnetError('EVL_CAPTURE', `Cannot read the capture: version ${major} of pcap is not known`);
    const error = linkTypeError(view.getUint32(at + HEADER.linkType, this.#isLittle) & LINK_TYPE_MASK);
    if (error) throw error;
    this.#hasHeader = true;
  }
}
