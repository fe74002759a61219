// Helpers on maps; kernel/bpf/arraymap.c and hashtab.c for their answers. There is one CPU here.
import { MapType } from '../../bpf/program.js';
import type { Emitter } from './emitter.js';
import { Scratch } from './emitter.js';
import { holdsValues, isArray, type MapPlace, RECORDS_LENGTH } from './layout.js';
import { I32, I64, Op } from './opcode.js';
import { RUN_IN_KERNEL } from './unit.js';

const ENOENT = -2;

/** The map that a register holds: it must be known now. */
function mapIn(e: Emitter, register: number, purpose: string): MapPlace {
  const v = e.known(register);
  const place = v.kind === 'map' ? e.unit.layout.maps.get(v.map) : undefined;
  return place ?? e.unsupported(`${purpose} is given a map that is not known before it runs`, RUN_IN_KERNEL);
}

function valuesIn(e: Emitter, purpose: string): MapPlace {
  const place = mapIn(e, 1, purpose);
  if (!holdsValues(place.spec))
    e.unsupported(`${purpose} on map "${place.spec.name}" of type ${place.spec.type}`, RUN_IN_KERNEL);
  return place;
}

/** Pushes the number of the map and the address of the key in r2. */
function pushKey(e: Emitter, { spec, index }: MapPlace): void {
  e.code.i32(index);
  e.pushAddress(2, spec.keySize, false);
}

/** (r1: map, r2: key) → address of the value, or NULL. */
export function emitLookup(e: Emitter): void {
  const { code } = e;
  const map = valuesIn(e, 'bpf_map_lookup_elem()');
  const { maxEntries } = map.spec;
  if (!isArray(map.spec)) {
    const inside = e.unit.lookups.get(map.index);
    if (inside === undefined) {
      pushKey(e, map);
      e.import('lookup');
    } else {
      e.pushAddress(2, map.spec.keySize, false);
      code.call(inside);
    }
    e.popLow(0);
    return;
  }
  const key = e.address(2, 0, 4, false);
  code.access(I32.load, key).tee(Scratch.count).i32(map.stride).op(I32.mul).i32(map.at).op(I32.add);
  code.i32(0).get(Scratch.count).i32(maxEntries).op(I32.ltU, Op.select);
  e.popLow(0);
}

/** (r1: map, r2: key, r3: value, r4: flags) → 0 or -errno. */
export function emitUpdate(e: Emitter): void {
  const map = valuesIn(e, 'bpf_map_update_elem()');
  pushKey(e, map);
  e.pushAddress(3, map.spec.valueSize, false);
  // Flags beyond 32 bits are as unknown as any other.
  e.push(4).i64(0xff);
  e.push(4).i64(0xff).op(I64.ltU, Op.select, I32.wrap);
  e.import('update');
  e.popSigned(0);
}

/** (r1: map, r2: key) → 0 or -errno. */
export function emitDelete(e: Emitter): void {
  pushKey(e, valuesIn(e, 'bpf_map_delete_elem()'));
  e.import('remove');
  e.popSigned(0);
}

/** A record for a reader, who is not there: counted. A perf event array without reader says so, a ring buffer does not. */
export function emitOutput(e: Emitter, register: 1 | 2): void {
  const { spec } = mapIn(e, register, 'an output function');
  e.import('record').i64(spec.type === MapType.PerfEventArray ? ENOENT : 0);
  e.pop(0);
}

/** (r1: map, r2: length, r3: flags) → address. Each place in the program has octets of its own, which is enough where no one reads them. */
export function emitReserve(e: Emitter): void {
  const { spec } = mapIn(e, 1, 'bpf_ringbuf_reserve()');
  const length = e.constant(2);
  if (length === undefined || length < 0)
    e.unsupported('bpf_ringbuf_reserve() is given a length that is not known before it runs', RUN_IN_KERNEL);
  if (length > spec.maxEntries) e.code.i64(0);
  else e.code.i64(reserve(e, length));
  e.pop(0);
}

/** (r1: what was reserved). */
export function emitSubmit(e: Emitter): void {
  e.import('record');
}

function reserve(e: Emitter, length: number): number {
  const { unit } = e;
  const at = unit.layout.records + RECORDS_LENGTH - unit.records.left;
  unit.records.left -= Math.ceil(length / 8) * 8;
  if (unit.records.left < 0)
    e.unsupported(`bpf_ringbuf_reserve() wants more than ${RECORDS_LENGTH} octets`, RUN_IN_KERNEL);
  return at;
}
