import type { Arena } from './arena.js';

/** Chunks that nobody holds, as a stack: the chunk last used is the one still in the cache. */
export class FreeList {
  readonly #chunks: Uint32Array;
  #count = 0;

  constructor(arena: Arena) {
    this.#chunks = new Uint32Array(arena.chunks);
    for (let i = arena.chunks - 1; i >= 0; i--) this.#chunks[this.#count++] = i * arena.chunkSize;
  }

  get count(): number {
    return this.#count;
  }

  /** First octet of a chunk; only while `count` is above zero. */
  take(): number {
    return this.#chunks[--this.#count]!;
  }

  give(chunk: number): void {
    this.#chunks[this.#count++] = chunk;
  }
}
