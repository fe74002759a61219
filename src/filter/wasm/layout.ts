import { type MapSpec, MapType } from '../../bpf/program.js';
import { chainsOf, type HashTable, strideOf } from './maps/hash-table.js';

/** Octets of stack that a function has, and functions that may be called within each other: MAX_BPF_STACK, MAX_CALL_FRAMES. */
export const FRAME_LENGTH = 512;
const FRAMES = 8;
/** Values start where any C type may. */
const ALIGNMENT = 8;

/**
 * Addresses in the memory of a filter. What a program may reach lies in one piece, what it may write at the end of that,
 * so that one comparison checks an address. The stack grows down: what outgrows it is not writable.
 *
 *     0          readable     writable                    end
 *     │ nothing  │ read-only  │ stack │ context │ maps    │ tables, for JavaScript │ frame, frames …
 */
export interface Layout {
  readonly readable: number;
  readonly writable: number;
  readonly end: number;
  /** Of the entry's frame; those of functions that it calls lie below. */
  readonly stack: number;
  readonly context: number;
  readonly maps: ReadonlyMap<string, MapPlace>;
  /** Octets that `bpf_ringbuf_reserve` hands out. */
  readonly records: number;
  /** Three arguments of 64 bits. */
  readonly arguments: number;
  /** A key of any map, another, and a value. */
  readonly key: number;
  readonly masked: number;
  readonly value: number;
  /** Of the device: 1 where its address is known, then that. */
  readonly device: number;
  /** Room for one frame, then that for many. */
  readonly frame: number;
  readonly frames: number;
}

/** The values of a map, one behind the other. */
export interface MapPlace {
  readonly spec: MapSpec;
  /** Number that the program and JavaScript know it by. */
  readonly index: number;
  readonly at: number;
  readonly stride: number;
  /** Of one whose keys are looked for. */
  readonly table?: HashTable;
}

const NULL_PAGE = 4096;
export const RECORDS_LENGTH = 64 * 1024;
/** The longest frame. */
export const FRAME_ROOM = 64 * 1024;

export function layOut(
  specs: ReadonlyMap<string, MapSpec>,
  contextLength: number,
  wantsRecords: boolean,
): Layout {
  let next = NULL_PAGE;
  const take = (length: number): number => {
    const at = next;
    next = at + rounded(length);
    return at;
  };
  const maps = new Map<string, MapPlace>();
  const places = [...specs].map(([name, spec], index) => ({ name, spec, index }));
  const place = (isReadOnly: boolean) => {
    for (const { name, spec, index } of places) {
      if ((spec.isReadOnly === true) !== isReadOnly) continue;
      const stride = rounded(spec.valueSize);
      maps.set(name, {
        spec,
        index,
        at: take(HOLDING.has(spec.type) ? stride * spec.maxEntries : 0),
        stride,
      });
    }
  };
  const longest = (size: 'keySize' | 'valueSize') => Math.max(8, ...places.map(({ spec }) => spec[size]));

  const readable = next;
  place(true);
  const writable = take(FRAMES * FRAME_LENGTH);
  const context = take(contextLength);
  place(false);
  const records = take(wantsRecords ? RECORDS_LENGTH : 0);
  const end = next;
  for (const [name, place] of maps) {
    const { spec } = place;
    if (!holdsValues(spec) || isArray(spec)) continue;
    const chains = chainsOf(spec);
    const stride = strideOf(spec);
    maps.set(name, {
      ...place,
      table: {
        heads: take(chains * 4),
        chains,
        records: take(stride * spec.maxEntries),
        stride,
        marks: take(spec.maxEntries),
      },
    });
  }
  return {
    readable,
    writable,
    end,
    stack: writable + (FRAMES - 1) * FRAME_LENGTH,
    context,
    maps,
    records,
    arguments: take(24),
    key: take(longest('keySize')),
    masked: take(longest('keySize')),
    value: take(longest('valueSize')),
    device: take(12),
    frame: take(FRAME_ROOM),
    frames: next,
  };
}

const rounded = (length: number) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/** Maps whose values have an address. */
const HOLDING: ReadonlySet<number> = new Set([
  MapType.Hash,
  MapType.Array,
  MapType.PercpuHash,
  MapType.PercpuArray,
  MapType.LruHash,
  MapType.LruPercpuHash,
  MapType.LpmTrie,
]);
export const isArray = ({ type }: Pick<MapSpec, 'type'>) =>
  type === MapType.Array || type === MapType.PercpuArray;

/** The kernel makes no others. */
export const isPossible = ({ type, keySize, valueSize, maxEntries }: MapSpec): boolean =>
  !HOLDING.has(type) ||
  (maxEntries > 0 &&
    valueSize > 0 &&
    (type === MapType.LpmTrie
      ? keySize > 4 && keySize <= 260
      : isArray({ type })
        ? keySize === 4
        : keySize > 0 && keySize <= FRAME_LENGTH));
export const holdsValues = (spec: MapSpec) => HOLDING.has(spec.type);
