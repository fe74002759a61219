/** One buffer in which all frames of a device lie. Frames are `(at, length)` pairs into it; nothing is ever wrapped or sliced. */
export interface Arena {
  readonly buffer: ArrayBuffer;
  readonly view: DataView;
  readonly octets: Uint8Array;
  /** In the machine's order, for frames at offsets that four divides. */
  readonly words: Int32Array;
  /** Octets of one chunk, a power of two: chunk of `at` = `at & -chunkSize`. */
  readonly chunkSize: number;
  readonly chunks: number;
}

export const arenaOver = (buffer: ArrayBuffer, chunkSize: number): Arena => ({
  buffer,
  view: new DataView(buffer),
  octets: new Uint8Array(buffer),
  words: new Int32Array(buffer),
  chunkSize,
  chunks: buffer.byteLength / chunkSize,
});

/** An arena in the JavaScript heap, for devices without a kernel behind them. */
export const createArena = (chunks: number, chunkSize: number): Arena =>
  arenaOver(new ArrayBuffer(chunks * chunkSize), chunkSize);
