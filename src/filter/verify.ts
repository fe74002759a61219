import { EvlnetError } from '../errors.js';
import { createMap } from '../linux/bpf.js';
import { loadFilter } from './load.js';
import { COUNTERS, VLANS, xsks } from './maps.js';
import type { OpenFilter } from './open.js';
import { translate } from './translate.js';
import { verifyUntouched } from './untouched.js';
import { WasmFilter } from './wasm/filter.js';

export interface Wanted {
  /** What shall run it. */
  readonly engine: 'xdp' | 'wasm';
  readonly anyEthertype: boolean;
}

/**
 * Looks at the filter as its author wrote it, then as a worker runs it; nothing of it stays. Throws what stands in its way, and
 * EVL_PERMISSION where only the kernel could tell and we may not ask it.
 */
export function verify({ object, program }: OpenFilter, { engine, anyEthertype }: Wanted): void {
  try {
    verifyUntouched(object, program);
    if (engine === 'xdp') verifyXdp({ object, program }, anyEthertype);
  } catch (error) {
    if (!(error instanceof EvlnetError) || error.code !== 'EVL_PERMISSION') throw error;
    WasmFilter.create(object, program);
    throw error;
  }
  if (engine === 'wasm') WasmFilter.create(object, program);
}

/** Translates and loads it as a worker does, on no device. */
export function verifyXdp(filter: OpenFilter, anyEthertype: boolean): void {
  const translated = translate(filter, anyEthertype);
  const shared = [VLANS, COUNTERS, xsks(1)].map(createMap);
  try {
    loadFilter(translated, new Map(shared.map((map) => [map.spec.name, map]))).close();
  } finally {
    for (const map of shared) map.close();
  }
}
