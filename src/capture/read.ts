import { type FileHandle, open } from 'node:fs/promises';
import type { Read } from './reader.js';

/** Reads a file; `close` it. */
export async function readFrom(path: string): Promise<{ read: Read; close(): Promise<void> }> {
  const file: FileHandle = await open(path, 'r');
  return {
    read: async (into) => (await file.read(into, 0, into.length)).bytesRead,
    close: () => file.close(),
  };
}

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
