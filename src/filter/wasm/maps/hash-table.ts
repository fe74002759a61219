// Where a hash table keeps its entries, and how a key is hashed: maps/hash.ts writes it, hash-lookup.ts reads it in WebAssembly.
import type { MapSpec } from '../../../bpf/program.js';

/**
 * In a part of the memory that the program cannot reach: one that writes where it should not spoils values, never the
 * table. A record is the number of the next one in its chain, the hash, and the key in whole words; -1 ends a chain.
 */
export interface HashTable {
  /** First record of each chain. */
  readonly heads: number;
  /** A power of two. */
  readonly chains: number;
  readonly records: number;
  /** Octets of a record. */
  readonly stride: number;
  /** An octet for each record: 0 free, 1 in use, 2 also looked at since the hand of the clock came by. */
  readonly marks: number;
}

export const Record = { next: 0, hash: 4, key: 8 } as const;
export const Mark = { Free: 0, Used: 1, Seen: 2 } as const;

export const chainsOf = ({ maxEntries }: MapSpec) => 2 ** Math.ceil(Math.log2(maxEntries + 1));
export const strideOf = ({ keySize }: MapSpec) => Record.key + Math.ceil(keySize / 4) * 4;

/** Each word of a key, the octets left over as one more: hash = (hash ^ word) × MULTIPLIER, then hash ^= hash >>> SHIFT. */
export const START = 0x2545f491;
export const MULTIPLIER = 0x9e3779b1;
export const SHIFT = 15;
