// draft-ietf-opsawg-pcapng: blocks of type, length, body, length. Sections may differ in byte order, interfaces in link
// type and unit of time; blocks without frames are stepped over, and options that say nothing of time.
import type { EvlnetError } from '../errors.js';
import { add, type FrameBlock, isFull } from './block.js';
import { damaged, type Format, LONGEST_FRAME, linkTypeError } from './format.js';

const Block = {
  Section: 0x0a0d0d0a,
  Interface: 1,
  /** Obsolete. */
  Packet: 2,
  SimplePacket: 3,
  EnhancedPacket: 6,
} as const;

/** The block type of a section: the same in both byte orders. */
export const PCAPNG_MAGIC = Block.Section;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const HEAD = 8;
const TRAILER = 4;
const SECTION = { byteOrder: 8, length: 28 } as const;
const INTERFACE = { linkType: 8, snapLength: 12, options: 16, length: 20 } as const;
const SIMPLE = { original: 8, frame: 12 } as const;
/** EPB and the obsolete PB differ in the width of the interface's number. */
const PACKET = { interface: 8, time: 12, captured: 20, original: 24, frame: 28 } as const;
/** Of those that are read; longer ones of other types are stepped over without being in the buffer. */
const LONGEST_BLOCK = LONGEST_FRAME + 65536;
const SHORTEST_BLOCK = HEAD + TRAILER;
const MOST_INTERFACES = 65536;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly clock: Clock;
}

/** A time is `offset` seconds and so many units of 1/`rate` s. */
interface Clock {
  readonly rate: bigint;
  readonly offset: bigint;
}

/** if_tsresol, if_tsoffset. */
const Option = { End: 0, TimeUnit: 9, TimeOffset: 14 } as const;
/** Where nothing is said of it. */
const MICROSECONDS = 6;
const NS = 1_000_000_000n;

export class Pcapng implements Format {
  #isLittle = false;
  #interfaces: Interface[] = [];
  /** Octets of a long block that are still to be stepped over. */
  #rest = 0;
  /** Octets before the buffer. */
  #before = 0;

  parse(view: DataView, from: number, end: number, block: FrameBlock): number {
    let at = from;
    while (!isFull(block)) {
      const step = Math.min(this.#rest, end - at);
      at += step;
      this.#rest -= step;
      if (end - at < SECTION.byteOrder + 4) break;
      const length = this.#blockLength(view, at);
      const place = this.#before + at - from;
      const isLong = length > LONGEST_BLOCK;
      if (!isLong && end - at < length && length >= SHORTEST_BLOCK) break;
      const error = this.#readBlock(view, at, length, place, block);
      if (error) {
        // What stands before it is judged first.
        if (block.count > 0) break;
        throw error;
      }
      this.#rest = isLong ? length - HEAD : 0;
      at += isLong ? HEAD : length;
    }
    this.#before += at - from;
    return at;
  }

  #blockLength(view: DataView, at: number): number {
    if (view.getUint32(at) === Block.Section)
      this.#isLittle = view.getUint32(at + SECTION.byteOrder) !== BYTE_ORDER_MAGIC;
    return view.getUint32(at + 4, this.#isLittle);
  }

  #readBlock(
    view: DataView,
    at: number,
    length: number,
    place: number,
    block: FrameBlock,
  ): EvlnetError | undefined {
    const isLittle = this.#isLittle;
    const type = view.getUint32(at, isLittle);
    const shortest = SHORTEST.get(type);
    if (length % 4 !== 0 || length < (shortest ?? SHORTEST_BLOCK) || (shortest && length > LONGEST_BLOCK))
      return damaged(`a block of ${length} octets`, place);
    if (length <= LONGEST_BLOCK && view.getUint32(at + length - TRAILER, isLittle) !== length)
      return damaged('a block whose two lengths differ', place);
    switch (type) {
      case Block.Section:
        if (view.getUint32(at + SECTION.byteOrder, isLittle) !== BYTE_ORDER_MAGIC)
          return damaged('a section without the byte-order magic', place);
        this.#interfaces = [];
        return undefined;
      case Block.Interface:
        if (this.#interfaces.length === MOST_INTERFACES) return damaged('too many interfaces', place);
        this.#interfaces.push({
          linkType: view.getUint16(at + INTERFACE.linkType, isLittle),
          snapLength: view.getUint32(at + INTERFACE.snapLength, isLittle) || LONGEST_FRAME,
          clock: this.#clock(view, at + INTERFACE.options, at + length - TRAILER),
        });
        return undefined;
      case Block.SimplePacket: {
        const original = view.getUint32(at + SIMPLE.original, isLittle);
        const captured = Math.min(original, this.#interfaces[0]?.snapLength ?? LONGEST_FRAME);
        return this.#addFrame(
          0,
          0n,
          at + SIMPLE.frame,
          captured,
          original,
          at + length - TRAILER,
          place,
          block,
        );
      }
      case Block.Packet:
      case Block.EnhancedPacket: {
        const of = at + PACKET.interface;
        const number = type === Block.Packet ? view.getUint16(of, isLittle) : view.getUint32(of, isLittle);
        const captured = view.getUint32(at + PACKET.captured, isLittle);
        const original = view.getUint32(at + PACKET.original, isLittle);
        const high = view.getUint32(at + PACKET.time, isLittle);
        const low = view.getUint32(at + PACKET.time + 4, isLittle);
        return this.#addFrame(
          number,
          block.times && (BigInt(high) << 32n) | BigInt(low),
          at + PACKET.frame,
          captured,
          original,
          at + length - TRAILER,
          place,
          block,
        );
      }
      default:
        return undefined;
    }
  }

  #addFrame(
    number: number,
    time: bigint | undefined,
    offset: number,
    length: number,
    original: number,
    end: number,
    place: number,
    block: FrameBlock,
  ): EvlnetError | undefined {
    const of = this.#interfaces[number];
    if (of === undefined) return damaged(`a frame of interface ${number}, which is not described`, place);
    if (length > LONGEST_FRAME || offset + length > end)
      return damaged(`a frame of ${length} octets in a shorter block`, place);
    const error = linkTypeError(of.linkType);
    if (error !== undefined) return error;
    if (block.times !== undefined) block.times[block.count] = time ? nsOf(time, of.clock) : 0n;
    add(block, offset, length, original);
    return undefined;
  }

  #clock(view: DataView, from: number, end: number): Clock {
    let unit = MICROSECONDS;
    let offset = 0n;
    for (let at = from; at + 4 <= end; ) {
      const code = view.getUint16(at, this.#isLittle);
      const length = view.getUint16(at + 2, this.#isLittle);
      if (code === Option.End || at + 4 + length > end) break;
      if (code === Option.TimeUnit && length === 1) unit = view.getUint8(at + 4);
      if (code === Option.TimeOffset && length === 8) offset = view.getBigInt64(at + 4, this.#isLittle);
      at += 4 + ((length + 3) & ~3);
    }
    // The upper bit: negative powers of two, not of ten.
    const power = BigInt(unit & 0x7f);
    return { rate: unit < 0x80 ? 10n ** power : 1n << power, offset };
  }
}

const nsOf = (time: bigint, { rate, offset }: Clock): bigint => offset * NS + (time * NS) / rate;

/** The shortest block of each type that is read; others are stepped over. */
const SHORTEST: ReadonlyMap<number, number> = new Map([
  [Block.Section, SECTION.length],
  [Block.Interface, INTERFACE.length],
  [Block.Packet, PACKET.frame + TRAILER],
  [Block.SimplePacket, SIMPLE.frame + TRAILER],
  [Block.EnhancedPacket, PACKET.frame + TRAILER],
]);
