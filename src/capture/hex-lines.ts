import { usage } from '../errors.js';
import { add, type FrameBlock, isFull } from './block.js';
import type { Format } from './format.js';

const LINE_FEED = 0x0a;
const HASH = 0x23;
/** Between octets: space, tab, CR, colon, dash, point, comma. */
const SEPARATORS = new Set([0x20, 0x09, 0x0d, 0x3a, 0x2d, 0x2e, 0x2c]);
const LONGEST_LINE = 524288;

/** A frame a line, in hexadecimal; `#` begins a comment. The octets are written over the text that they stood in. */
export class HexLines implements Format {
  #line = 0;

  parse(view: DataView, from: number, end: number, block: FrameBlock, isLast: boolean): number {
    let at = from;
    while (at < end && !isFull(block)) {
      let stop = at;
      while (stop < end && view.getUint8(stop) !== LINE_FEED) stop++;
      if (stop - at > LONGEST_LINE) throw wrong(this.#line + 1, 'the line is too long');
      if (stop === end && !isLast) break;
      this.#line++;
      const length = this.#decode(view, at, stop);
      if (length > 0) add(block, at, length, length);
      at = Math.min(stop + 1, end);
    }
    return at;
  }

  /** Returns the number of octets. */
  #decode(view: DataView, from: number, stop: number): number {
    let at = this.#line === 1 && startsWithMark(view, from, stop) ? from + 3 : from;
    let to = from;
    while (at < stop) {
      const char = view.getUint8(at);
      if (char === HASH) break;
      if (SEPARATORS.has(char)) {
        at++;
        continue;
      }
      const high = digit(char);
      const low = at + 1 < stop ? digit(view.getUint8(at + 1)) : -1;
      if (high < 0 || low < 0) throw wrong(this.#line, `column ${at - from + 1} is not an octet`);
      view.setUint8(to++, high * 16 + low);
      at += 2;
    }
    return to - from;
  }
}

/** The octets of one frame, as `hex BYTES` gives it. */
export function hexOctets(text: string): Uint8Array {
  const digits = text.replace(/^0x/i, '').replace(/[\s:.,-]+/g, '');
  const hint = 'two digits an octet, with or without spaces or colons between them: "02fc 0000 0001"';
  if (/[^\da-f]/i.test(digits))
    throw usage('EVL_ARGUMENT', `argument "${text}" is wrong: not hexadecimal`, hint);
  if (digits.length % 2 !== 0)
    throw usage('EVL_ARGUMENT', `argument "${text}" is wrong: half an octet is missing`, hint);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The byte order mark that some editors put in front of UTF-8. */
const startsWithMark = (view: DataView, from: number, stop: number): boolean =>
  stop - from >= 3 && view.getUint16(from) === 0xefbb && view.getUint8(from + 2) === 0xbf;

/** Value of a hexadecimal digit, -1 for anything else. */
function digit(char: number): number {
  if (char >= 0x30 && char <= 0x39) return char - 0x30;
  const letter = char | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const wrong = (line: number, reason: string) =>
  usage(
    'EVL_CAPTURE',
    `Cannot read line ${line}: ${reason}`,
    'a line is a frame in hexadecimal, # begins a comment',
  );
