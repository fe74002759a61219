import { MapType } from '../bpf/program.js';
import type { BpfMap } from '../linux/bpf.js';

/** The map that a filter made of rules counts in: a u64 a rule, that of the default last. */
export const RULE_HITS = 'rule_hits';

/** Undefined where the filter has no such map. */
export function readHits(map: BpfMap | undefined): number[] | undefined {
  if (map === undefined) return undefined;
  return Array.from({ length: map.spec.maxEntries }, (_, rule) =>
    map.spec.type === MapType.PercpuArray ? map.sum(rule) : u64(map.lookup(rule)),
  );
}

const u64 = (octets: Uint8Array): number =>
  Number(new DataView(octets.buffer, octets.byteOffset).getBigUint64(0, true));
