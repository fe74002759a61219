import { closeSync, openSync } from 'node:fs';
import { blockOf, type FrameBlock } from '../../capture/block.js';
import { hexOctets } from '../../capture/hex-lines.js';
import { readFile, readStream } from '../../capture/read.js';
import { CaptureReader, type Read, type Reading } from '../../capture/reader.js';
import { usage } from '../../errors.js';
import { namingErrors } from '../../linux/file-error.js';
import type { Context } from '../context.js';
import { incomplete } from '../incomplete.js';
import type { Io } from '../io.js';

/** Where the frames of `filter test` and `packet send` come from. */
export interface Frames {
  /** Undefined at the end. A block holds until the next is asked for. */
  next(): Promise<FrameBlock | undefined>;
  /** Octets at the end that are no whole frame. */
  left(): number;
  close(): void;
}

/** The frames that `pcap`, `hex` or `-` name. Ctrl-C is their end. `buffer`: memory that they had best be read into; `expectation`: what to say where none are named. */
export function givenFrames(
  context: Context,
  buffer: Uint8Array | undefined,
  expectation = 'after the filter come the frames: pcap FILE, hex BYTES or -',
): Frames {
  const { arguments: given, io } = context;
  const kinds = ['pcap', 'hex', '-'].filter((name) => given.has(name));
  if (kinds.length === 0) throw incomplete(expectation);
  if (kinds.length > 1)
    throw usage(
      'EVL_ARGUMENT',
      `"${kinds[0]}" and "${kinds[1]}" cannot stand together`,
      'frames come from one place',
    );
  if (kinds[0] === 'hex') return ofBlock(blockOf(given.list('hex').map(hexOctets)));
  return captureFrames(kinds[0] === '-' ? '-' : given.text('pcap')!, io, {}, buffer);
}

/** The frames of a capture; `-` is standard input, which may bring them in hexadecimal. */
export function captureFrames(
  path: string,
  io: Pick<Io, 'stdin' | 'stop'>,
  reading: Omit<Reading, 'hex'>,
  buffer?: Uint8Array,
): Frames {
  const ended = endOf(io.stop());
  const orEnded =
    (read: Read): Read =>
    (into) =>
      Promise.race([read(into), ended]);
  if (path === '-')
    return ofReader(new CaptureReader(orEnded(readStream(io.stdin())), { ...reading, hex: true }, buffer));
  const named = <T>(act: () => T): T => namingErrors('read capture', path, 'tcpdump -w FILE writes one', act);
  const fd = named(() => openSync(path, 'r'));
  const octets: Read = (into) =>
    readFile(fd)(into).catch((error: unknown) =>
      named(() => {
        throw error;
      }),
    );
  const reader = new CaptureReader(orEnded(octets), { ...reading, hex: false }, buffer);
  return { ...ofReader(reader), close: () => closeSync(fd) };
}

const endOf = (stop: AbortSignal): Promise<number> =>
  new Promise((resolve) => {
    stop.addEventListener('abort', () => resolve(0), { once: true });
  });

const ofReader = (reader: CaptureReader): Frames => ({
  next: () => reader.next(),
  left: () => reader.left,
  close: () => undefined,
});

function ofBlock(block: FrameBlock): Frames {
  let rest: FrameBlock | undefined = block;
  return {
    next: async () => {
      const given = rest;
      rest = undefined;
      return given;
    },
    left: () => 0,
    close: () => undefined,
  };
}
