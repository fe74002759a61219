import { read } from 'node:fs';
import type { Read } from './reader.js';

/** Reads an open file from where it stands. */
export const readFile =
  (fd: number): Read =>
  (into) =>
    new Promise((resolve, reject) => {
      read(fd, into, 0, into.length, null, (error, count) => (error ? reject(error) : resolve(count)));
    });

/** Reads a stream such as process.stdin. */
export function readStream(stream: AsyncIterable<Uint8Array>): Read {
  const chunks = stream[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array();
  return async (into) => {
    while (chunk.length === 0) {
      const { value, done } = await chunks.next();
      if (done === true) return 0;
      chunk = value;
    }
    const part = chunk.subarray(0, into.length);
    into.set(part);
    chunk = chunk.subarray(part.length);
    return part.length;
  };
}
