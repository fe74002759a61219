import { EvlnetError } from '../errors.js';
import { type FrameBlock, newBlock } from './block.js';
import type { Format } from './format.js';
import { HexLines } from './hex-lines.js';
import { isPcap, Pcap } from './pcap.js';
import { PCAPNG_MAGIC, Pcapng } from './pcapng.js';

/** Fills the beginning of `into` as far as octets are there; returns how many, 0 at the end. */
export type Read = (into: Uint8Array) => Promise<number>;

/** Room for a good read; less than 1 MiB might not hold the longest record of every format. */
export const BUFFER_LENGTH = 4 << 20;

/** How a capture is read. */
export interface Reading {
  /** Frames in hexadecimal, too. */
  readonly hex: boolean;
  /** When they were captured is wanted. */
  readonly timed?: boolean;
}

/** Reads a capture of any length in one buffer, which may be memory of somebody else's. */
export class CaptureReader {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  readonly #block: FrameBlock;
  #format: Format | undefined;
  #at = 0;
  #end = 0;
  #isLast = false;

  constructor(
    private readonly read: Read,
    private readonly reading: Reading,
    buffer: Uint8Array = new Uint8Array(BUFFER_LENGTH),
  ) {
    this.#octets = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.#block = newBlock(buffer, reading.timed);
  }

  /** Octets at the end that are no whole frame: whoever wrote the capture was stopped, or still writes. */
  get left(): number {
    return this.#isLast ? this.#end - this.#at : 0;
  }

  /** The next frames, at least one; undefined at the end. They hold until the next call. */
  async next(): Promise<FrameBlock | undefined> {
    this.#block.count = 0;
    this.#block.cut = 0;
    this.#format ??= await this.#detect();
    for (;;) {
      this.#at = this.#format.parse(this.#view, this.#at, this.#end, this.#block, this.#isLast);
      if (this.#block.count > 0) return this.#block;
      if (this.#isLast) return undefined;
      await this.#fill();
    }
  }

  /** Moves what is left to the beginning, and reads behind it. */
  async #fill(): Promise<void> {
    this.#octets.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    const count = await this.read(this.#octets.subarray(this.#end));
    this.#end += count;
    this.#isLast = count === 0;
  }

  async #detect(): Promise<Format> {
    while (this.#end < 4 && !this.#isLast) await this.#fill();
    const magic = this.#end < 4 ? 0 : this.#view.getUint32(0);
    if (isPcap(magic)) return new Pcap(magic);
    if (magic === PCAPNG_MAGIC) return new Pcapng();
    if (this.reading.hex) return new HexLines();
    const isCompressed = magic >>> 16 === 0x1f8b || magic === 0x28b52ffd;
    throw new EvlnetError('EVL_CAPTURE', 'Cannot read the capture: it is neither pcap nor pcapng', {
      hint: isCompressed
        ? 'it is compressed: zcat or zstdcat FILE | evlnet filter test … -'
        : 'tcpdump -w FILE and Wireshark write captures; frames in hexadecimal are read from standard input',
    });
  }
}
