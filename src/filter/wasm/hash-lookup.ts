// Looks into a hash table without leaving WebAssembly: a call to JavaScript costs more than all the rest of a filter.
import { MapType } from '../../bpf/program.js';
import { Code } from './code.js';
import type { MapPlace } from './layout.js';
import { Mark, MULTIPLIER, Record, SHIFT, START } from './maps/hash-table.js';
import type { ModuleFunction } from './module.js';
import { I32, Op, Type } from './opcode.js';

/** Longer keys would make this longer than it is worth. */
const LONGEST = 64;
export const isInline = ({ spec, table }: MapPlace) =>
  table !== undefined && spec.type !== MapType.LpmTrie && spec.keySize <= LONGEST;

/** (key) → address of the value, or 0 */
export function lookupFunction(place: MapPlace): ModuleFunction {
  const { heads, chains, records, stride, marks } = place.table!;
  const [KEY, HASH, ENTRY, RECORD] = [0, 1, 2, 3];
  const words = place.spec.keySize >> 2;
  const tail = place.spec.keySize & 3;
  const count = words + (tail > 0 ? 1 : 0);
  const code = new Code();
  const word = (n: number) => {
    if (n < words) {
      code.get(KEY).access(I32.load, n * 4);
      return;
    }
    for (let i = 0; i < tail; i++) {
      code.get(KEY).access(I32.load8u, n * 4 + i);
      if (i > 0) code.i32(8 * i).op(I32.shl, I32.or);
    }
  };

  code.i32(START).set(HASH);
  for (let n = 0; n < count; n++) {
    code.get(HASH);
    word(n);
    code.op(I32.xor).i32(MULTIPLIER).op(I32.mul).tee(HASH);
    code.get(HASH).i32(SHIFT).op(I32.shrU, I32.xor).set(HASH);
  }
  code
    .get(HASH)
    .i32(chains - 1)
    .op(I32.and)
    .i32(2)
    .op(I32.shl);
  code.access(I32.load, heads).set(ENTRY);

  code.block().loop();
  code.get(ENTRY).i32(0).op(I32.ltS).branchIf(1);
  code.get(ENTRY).i32(stride).op(I32.mul).i32(records).op(I32.add).tee(RECORD);
  code.access(I32.load, Record.hash).get(HASH).op(I32.eq);
  for (let n = 0; n < count; n++) {
    code.get(RECORD).access(I32.load, Record.key + n * 4);
    word(n);
    code.op(I32.eq, I32.and);
  }
  code.if();
  code.get(ENTRY).i32(Mark.Seen).access(I32.store8, marks);
  code.get(ENTRY).i32(place.stride).op(I32.mul).i32(place.at).op(I32.add, Op.return);
  code.end();
  code.get(RECORD).access(I32.load, Record.next).set(ENTRY).branch(0);
  code.end().end().i32(0);
  return {
    type: { parameters: [Type.i32], results: [Type.i32] },
    locals: [Type.i32, Type.i32, Type.i32],
    code,
  };
}
