import { createMap } from '../linux/bpf.js';
import { loadFilter, translate } from './load.js';
import { COUNTERS, VLANS, xsks } from './maps.js';
import type { OpenFilter } from './open.js';

/** Translates and loads a filter as a worker does, on no device, and throws it away again. Throws what stands in its way. */
export function verifyXdp(filter: OpenFilter, anyEthertype: boolean): void {
  const translated = translate(filter, anyEthertype);
  const shared = [VLANS, COUNTERS, xsks(1)].map(createMap);
  try {
    loadFilter(translated, new Map(shared.map((map) => [map.spec.name, map]))).close();
  } finally {
    for (const map of shared) map.close();
  }
}
