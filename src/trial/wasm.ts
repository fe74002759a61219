import { BLOCK_FRAMES, type FrameBlock } from '../capture/block.js';
import { BUFFER_LENGTH } from '../capture/reader.js';
import type { OpenFilter } from '../filter/open.js';
import { RULE_HITS } from '../filter/rule-hits.js';
import { type FrameBatch, type FrameContext, WasmFilter } from '../filter/wasm/filter.js';
import type { FilterMap } from '../filter/wasm/maps/map.js';
import type { Engine } from './engine.js';

/** `device`: what frames enter by; without one every unicast frame is for it. */
export function wasmEngine({ object, program }: OpenFilter, device: FrameContext): Engine {
  const filter = WasmFilter.create(object, program, { context: device });
  const batch = filter.reserve(BUFFER_LENGTH, BLOCK_FRAMES);
  return {
    name: 'wasm',
    buffer: batch.octets,
    judge: (block, answers) => {
      place(block, batch);
      filter.judgeAll(block.count);
      answers.set(batch.results.subarray(0, block.count));
    },
    hits: () => {
      const map = filter.maps.get(RULE_HITS);
      return map && Array.from({ length: map.spec.maxEntries }, (_, rule) => count(map, rule));
    },
    lines: () => filter.lines.splice(0),
    stopped: () => filter.fault && { count: filter.faults, text: filter.fault.text },
    close: () => undefined,
  };
}

/** Where the frames are not in the filter's memory already, they are copied into it. */
function place({ octets, offsets, lengths, count }: FrameBlock, { octets: room, index }: FrameBatch): void {
  const isThere = octets.buffer === room.buffer;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const at = offsets[i]!;
    const length = lengths[i]!;
    if (!isThere) room.set(octets.subarray(at, at + length), next);
    index[i * 2] = isThere ? at : next;
    index[i * 2 + 1] = length;
    next += length;
  }
}

function count(map: FilterMap, rule: number): number {
  const value = map.lookup(new Uint8Array(Uint32Array.of(rule).buffer));
  return value === undefined ? 0 : Number(new DataView(value.buffer).getBigUint64(0, true));
}
